// Package checksum adds up hashes of items, in whatever order they come, so that two
// sides of a copy can be compared without sorting either.
package checksum

import (
	"encoding/binary"
	"encoding/hex"
	"math/bits"

	"github.com/shakedown-dev/shakedown/datamove"
)

// Sum is a count of items, their bytes, and the sum of their hashes as a number of
// 128 bits. Two items that are the same do not cancel out, as they would with XOR.
// The zero value is the sum of nothing.
type Sum struct {
	Items, Bytes int64
	High, Low    uint64
}

// Add adds another sum.
func (s *Sum) Add(o Sum) {
	var carry uint64
	s.Low, carry = bits.Add64(s.Low, o.Low, 0)
	s.High, _ = bits.Add64(s.High, o.High, carry)
	s.Items += o.Items
	s.Bytes += o.Bytes
}

// Less is the sum without the items of another.
func (s Sum) Less(o Sum) Sum {
	low, borrow := bits.Sub64(s.Low, o.Low, 0)
	high, _ := bits.Sub64(s.High, o.High, borrow)
	return Sum{Items: s.Items - o.Items, Bytes: s.Bytes - o.Bytes, High: high, Low: low}
}

// Checksum is the number in 32 hexadecimal digits.
func (s Sum) Checksum() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], s.High)
	binary.BigEndian.PutUint64(b[8:], s.Low)
	return hex.EncodeToString(b[:])
}

// Report is the sum as reports show it.
func (s Sum) Report() datamove.Sum {
	return datamove.Sum{Items: s.Items, Bytes: s.Bytes, Checksum: s.Checksum()}
}
