package redis

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/shakedown-dev/shakedown/datamove"
)

// digest says whether two keys have the same content.
type digest [sha256.Size]byte

// parts is into how many parts the keys of a type fall, by their names.
const parts = 8

// sum counts keys and adds up their digests, whatever the order. Digests are added
// as numbers of 128 bits; with XOR, two of the same would vanish.
type sum struct {
	items, bytes int64
	low, high    uint64
}

func (s *sum) add(o sum) {
	s.items += o.items
	s.bytes += o.bytes
	low := s.low + o.low
	s.high += o.high
	if low < s.low {
		s.high++
	}
	s.low = low
}

func (s sum) report() datamove.Sum {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], s.high)
	binary.BigEndian.PutUint64(b[8:], s.low)
	return datamove.Sum{Items: s.items, Bytes: s.bytes, Checksum: hex.EncodeToString(b[:])}
}

// chunk is where a key is counted.
type chunk struct {
	kind string
	part int
}

// sums are those of both sides by chunk.
type sums map[chunk]*[2]sum

// The sides in sums.
const (
	source = 0
	target = 1
)

// count adds a key to one side.
func (s sums) count(side int, key, kind string, d digest, bytes int64) {
	s.at(key, kind)[side].add(keySum(key, d, bytes))
}

// countBoth adds a key that is the same on both sides.
func (s sums) countBoth(key, kind string, d digest, from, to int64) {
	both, one := s.at(key, kind), keySum(key, d, from)
	both[source].add(one)
	one.bytes = to
	both[target].add(one)
}

func (s sums) at(key, kind string) *[2]sum {
	at := chunk{kind, int(fingerprint(0, key) % parts)}
	if s[at] == nil {
		s[at] = new([2]sum)
	}
	return s[at]
}

func keySum(key string, d digest, bytes int64) sum {
	text := make([]byte, 0, 128)
	text = binary.LittleEndian.AppendUint64(text, uint64(len(key)))
	text = append(append(text, key...), d[:]...)
	h := sha256.Sum256(text)
	return sum{1, bytes, binary.LittleEndian.Uint64(h[:]), binary.LittleEndian.Uint64(h[8:])}
}

// merge adds the sums of a batch.
func (s sums) merge(o sums) {
	for at, both := range o {
		if s[at] == nil {
			s[at] = new([2]sum)
		}
		s[at][source].add(both[source])
		s[at][target].add(both[target])
	}
}

// unit is the database as the report has it.
func (s sums) unit(name string) datamove.Unit {
	u := datamove.Unit{Name: name}
	var both [2]sum
	order := make([]chunk, 0, len(s))
	for at := range s {
		order = append(order, at)
	}
	slices.SortFunc(order, func(a, b chunk) int { return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.part, b.part)) })
	for _, at := range order {
		both[source].add(s[at][source])
		both[target].add(s[at][target])
		u.Chunks = append(u.Chunks, datamove.Chunk{
			Range:  fmt.Sprintf("%s, part %d of %d", at.kind, at.part+1, parts),
			Source: s[at][source].report(), Target: s[at][target].report(),
		})
	}
	u.Source, u.Target = both[source].report(), both[target].report()
	u.Equal = u.Source == u.Target
	return u
}

// fingerprint is FNV-1a of a key in a database, well mixed.
func fingerprint(database int, key string) uint64 {
	const prime = 1099511628211
	h := (uint64(14695981039346656037) ^ uint64(database)) * prime
	for i := range len(key) {
		h = (h ^ uint64(key[i])) * prime
	}
	h ^= h >> 32
	return h * 0x9E3779B97F4A7C15 >> 3
}
