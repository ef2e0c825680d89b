package mask

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"math/rand/v2"
)

// engine is the keyed heart of one kind. It keeps buffers, so that a value costs no
// allocation, and belongs to one goroutine at a time.
type engine struct {
	unique bool
	mac    hash.Hash
	sum    [sha256.Size]byte
	used   int
	stream rand.ChaCha8
	buf    []byte

	letters *letters
	blocks  map[block]*alphabet
	// places are the characters to be replaced; vals are their numbers, each below
	// its radix.
	places      []place
	vals, radix []uint32
	// tweak is for masks to build theirs in; also years are.
	tweak []byte
	aux   []byte
	words *wordlist
	years map[int][]uint16
}

func newEngine(key []byte, kind string, unique bool, l *letters, w *wordlist) *engine {
	derive := hmac.New(sha256.New, key)
	derive.Write([]byte("shakedown mask v1 " + kind))
	return &engine{
		unique: unique, mac: hmac.New(sha256.New, derive.Sum(nil)), letters: l, words: w,
		blocks: map[block]*alphabet{}, years: map[int][]uint16{},
	}
}

// seed begins a stream of words that is the HMAC of what is given.
func (e *engine) seed(label byte, tweak []byte, vals, radix []uint32) {
	b := append(e.buf[:0], label)
	b = binary.AppendUvarint(b, uint64(len(tweak)))
	b = append(b, tweak...)
	for i, v := range vals {
		b = append(b, byte(v))
		if radix[i] > 256 {
			b = append(b, byte(v>>8), byte(v>>16))
		}
	}
	e.buf, e.used = b, 0
	e.mac.Reset()
	e.mac.Write(b)
	e.mac.Sum(e.sum[:0])
}

// word is the next of the stream.
func (e *engine) word() uint32 {
	if e.used < len(e.sum)/4 {
		w := binary.LittleEndian.Uint32(e.sum[4*e.used:])
		e.used++
		return w
	}
	if e.used == len(e.sum)/4 {
		e.stream.Seed(e.sum)
		e.used++
	}
	return uint32(e.stream.Uint64())
}

// below is a word below n.
func (e *engine) below(n uint32) uint32 { return uint32(uint64(e.word()) * uint64(n) >> 32) }

// permute replaces vals by others, all of them below their radix. It is a permutation
// of such vectors for each tweak: a Feistel network whose halves are added digit by
// digit. Short vectors take more rounds.
func (e *engine) permute(tweak []byte) {
	half := len(e.vals) / 2
	if half == 0 {
		e.turn(tweak)
		return
	}
	rounds := byte(4)
	if len(e.vals) < 6 {
		rounds = 8
	}
	for round := range rounds {
		if round%2 == 0 {
			e.seed(round, tweak, e.vals[half:], e.radix[half:])
			e.add(e.vals[:half], e.radix[:half])
		} else {
			e.seed(round, tweak, e.vals[:half], e.radix[:half])
			e.add(e.vals[half:], e.radix[half:])
		}
	}
}

func (e *engine) add(vals, radix []uint32) {
	for i, r := range radix {
		sum := vals[i] + e.below(r)
		if sum >= r {
			sum -= r
		}
		vals[i] = sum
	}
}

// turn moves a single character on, never by nothing.
func (e *engine) turn(tweak []byte) {
	if len(e.vals) == 0 || e.radix[0] < 2 {
		return
	}
	e.seed('1', tweak, nil, nil)
	e.vals[0] = (e.vals[0] + 1 + e.below(e.radix[0]-1)) % e.radix[0]
}
