package plan

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
)

// draw is the seed of a group and a day.
type draw [sha256.Size]byte

// newDraw takes the texts of the seed; the buffer saves work and has nothing in it.
func newDraw(buffer []byte, hash, group, date string) draw {
	buffer = append(append(append(buffer[:0], hash...), '\n'), group...)
	buffer = append(append(buffer, '\n'), date...)
	return sha256.Sum256(buffer)
}

// fraction is the i-th number, from 0 up to and without 1.
func (d draw) fraction(i int) float64 {
	const bits = 53 // of a float64
	return float64(binary.BigEndian.Uint64(d[8*i:])>>(64-bits)) / (1 << bits)
}

// index is the i-th number as one of so many, each equally likely.
func (d draw) index(i, n int) int { return min(int(d.fraction(i)*float64(n)), n-1) }

// String is the seed for people who compute it again.
func (d draw) String() string { return hex.EncodeToString(d[:]) }

// Chance is how likely a hit is on a working day on which the gap allows it. The document
// has its defaults.
func Chance(m spec.Monkey) float64 { return 1 / (m.Mean - float64(m.Gap) + 1) }

// moment is that of the whole second within the parts that the draw means.
func (d draw) moment(parts []wall.Span) time.Time {
	var all time.Duration
	for _, p := range parts {
		all += p.Long()
	}
	at := time.Duration(d.fraction(2) * float64(all)).Truncate(time.Second)
	for _, p := range parts {
		if at < p.Long() {
			return p.From.Add(at)
		}
		at -= p.Long()
	}
	return parts[len(parts)-1].From
}

// fault is the one that the draw means, by weight.
func (d draw) fault(faults []spec.Fault) spec.Fault {
	all := 0
	for _, f := range faults {
		all += f.Weight
	}
	i := d.index(3, all)
	for _, f := range faults {
		if i < f.Weight {
			return f
		}
		i -= f.Weight
	}
	return faults[len(faults)-1]
}
