package redis

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"slices"
	"strconv"

	"github.com/shakedown-dev/shakedown/datamove"
)

// content are the elements of a key: the one value of a string; those of a list
// in order; members of a set; member and score in turns; field and value in turns.
type content struct {
	kind   string
	values []string
}

// stride is how many values belong together.
func stride(kind string) int {
	if kind == kindZset || kind == kindHash {
		return 2
	}
	return 1
}

// masked is the content under a mask. Counted is called with the rule's word for
// each value that was masked. Elements whose rule says null are left out.
func (c content) masked(m datamove.KeyMask, counted func(as string)) (content, error) {
	out := content{kind: c.kind, values: make([]string, 0, len(c.values))}
	step := stride(c.kind)
	for i := 0; i+step <= len(c.values); i += step {
		at := i // the value that is masked: a member, an element, ...
		transform := m.Value
		if c.kind == kindHash {
			at = i + 1 // ... or the value of a field
			transform = func() datamove.Transform { return m.Field(c.values[i]) }
		}
		value, dropped, err := maskOne(transform(), c.values[at], counted)
		if err != nil {
			return content{}, err
		}
		if dropped {
			continue
		}
		out.values = append(out.values, c.values[i:i+step]...)
		out.values[len(out.values)-step+at-i] = value
	}
	return out, nil
}

func maskOne(t datamove.Transform, value string, counted func(as string)) (masked string, dropped bool, err error) {
	if t == nil {
		return value, false, nil
	}
	out, null, err := t.Mask(nil, []byte(value))
	if err != nil {
		return "", false, err
	}
	counted(t.As())
	return string(out), null, nil
}

// normal is the one order of the same content. Members that have become the same
// by masking are one, with the highest score.
func (c content) normal() content {
	switch c.kind {
	case kindSet:
		values := slices.Clone(c.values)
		slices.Sort(values)
		return content{c.kind, slices.Compact(values)}
	case kindHash, kindZset:
		return content{c.kind, c.normalPairs()}
	}
	return c
}

func (c content) normalPairs() []string {
	pairs := make([][2]string, 0, len(c.values)/2)
	for i := 0; i+1 < len(c.values); i += 2 {
		pairs = append(pairs, [2]string{c.values[i], c.values[i+1]})
	}
	slices.SortStableFunc(pairs, func(a, b [2]string) int {
		if by := cmp.Compare(a[0], b[0]); by != 0 || c.kind != kindZset {
			return by
		}
		return -compareScores(a[1], b[1])
	})
	pairs = slices.CompactFunc(pairs, func(a, b [2]string) bool { return a[0] == b[0] })
	out := make([]string, 0, 2*len(pairs))
	for _, p := range pairs {
		if c.kind == kindZset {
			p[1] = score(p[1])
		}
		out = append(out, p[0], p[1])
	}
	return out
}

// score is the one text of a number: servers differ in how they write it, and in
// whether they keep the sign of 0.
func score(text string) string {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return strconv.FormatFloat(v+0, 'g', -1, 64)
}

func compareScores(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX != nil || errY != nil {
		return cmp.Compare(a, b)
	}
	return cmp.Compare(x, y)
}

// digest is that of the type and the elements, for a normal content.
func (c content) digest() digest {
	h := sha256.New()
	write(h, c.kind)
	write(h, c.values...)
	var d digest
	copy(d[:], h.Sum(nil))
	return d
}

// write adds texts with their lengths, so that they cannot run into each other.
// The texts may be large and are not copied whole.
func write(h hash.Hash, texts ...string) {
	var piece [4096]byte
	for _, text := range texts {
		binary.LittleEndian.PutUint64(piece[:], uint64(len(text)))
		h.Write(piece[:8])
		for len(text) > 0 {
			n := copy(piece[:], text)
			h.Write(piece[:n])
			text = text[n:]
		}
	}
}

func (c content) bytes() int64 {
	var sum int64
	for _, v := range c.values {
		sum += int64(len(v))
	}
	return sum
}

// put are the arguments of the script that makes the key, after the type and the expiry.
func (c content) put() []any {
	out := make([]any, len(c.values))
	for i, v := range c.values {
		out[i] = v
	}
	if c.kind == kindZset {
		for i := 0; i+1 < len(out); i += 2 {
			out[i], out[i+1] = out[i+1], out[i]
		}
	}
	return out
}
