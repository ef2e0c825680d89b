package redis

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/checksum"
)

// digest says whether two keys have the same content.
type digest [sha256.Size]byte

// parts is into how many parts the keys of a type fall, by their names.
const parts = 8

// chunk is where a key is counted.
type chunk struct {
	kind string
	part int
}

// sums are those of both sides by chunk.
type sums map[chunk]*[2]checksum.Sum

// The sides in sums.
const (
	source = 0
	target = 1
)

// count adds a key to one side.
func (s sums) count(side int, key, kind string, d digest, bytes int64) {
	s.at(key, kind)[side].Add(keySum(key, d, bytes))
}

// countBoth adds a key that is the same on both sides.
func (s sums) countBoth(key, kind string, d digest, from, to int64) {
	both, one := s.at(key, kind), keySum(key, d, from)
	both[source].Add(one)
	one.Bytes = to
	both[target].Add(one)
}

func (s sums) at(key, kind string) *[2]checksum.Sum {
	at := chunk{kind, int(fingerprint(0, key) % parts)}
	if s[at] == nil {
		s[at] = new([2]checksum.Sum)
	}
	return s[at]
}

func keySum(key string, d digest, bytes int64) checksum.Sum {
	text := make([]byte, 0, 128)
	text = binary.LittleEndian.AppendUint64(text, uint64(len(key)))
	text = append(append(text, key...), d[:]...)
	h := sha256.Sum256(text)
	return checksum.Sum{Items: 1, Bytes: bytes, Low: binary.LittleEndian.Uint64(h[:]), High: binary.LittleEndian.Uint64(h[8:])}
}

// merge adds the sums of a batch.
func (s sums) merge(o sums) {
	for at, both := range o {
		if s[at] == nil {
			s[at] = new([2]checksum.Sum)
		}
		s[at][source].Add(both[source])
		s[at][target].Add(both[target])
	}
}

// unit is the database as the report has it.
func (s sums) unit(name string) datamove.Unit {
	u := datamove.Unit{Name: name}
	var both [2]checksum.Sum
	order := make([]chunk, 0, len(s))
	for at := range s {
		order = append(order, at)
	}
	slices.SortFunc(order, func(a, b chunk) int { return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.part, b.part)) })
	for _, at := range order {
		both[source].Add(s[at][source])
		both[target].Add(s[at][target])
		u.Chunks = append(u.Chunks, datamove.Chunk{
			Range:  fmt.Sprintf("%s, part %d of %d", at.kind, at.part+1, parts),
			Source: s[at][source].Report(), Target: s[at][target].Report(),
		})
	}
	u.Source, u.Target = both[source].Report(), both[target].Report()
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
