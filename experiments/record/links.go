package record

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// Fit says of one part of a record whether it is what its link was made of.
type Fit struct {
	Part  string
	Holds bool
	// Seen is what was found, in words.
	Seen string
}

// Fits compares a record, as it is written, with its chain, link by link. Each link is
// checked with the one before it as the chain has it, so that only parts that were changed do
// not fit. Errors: KindInvalid, for what is no record.
func Fits(raw []byte, c *Chain) ([]Fit, error) {
	parts, chain, err := partsOf(raw)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return []Fit{{Part: "chain", Seen: "the record has none"}}, nil
	}
	var fits []Fit
	before := Schema
	used := make([]bool, len(parts))
	for _, link := range c.Links {
		i := slices.IndexFunc(parts, func(p part) bool { return p.name == link.Part })
		for i >= 0 && used[i] {
			i = after(parts, i, link.Part)
		}
		if i < 0 {
			fits = append(fits, Fit{Part: link.Part, Seen: "is missing from the record"})
		} else {
			used[i] = true
			fits = append(fits, parts[i].fit(link, before))
		}
		before = link.Hash
	}
	for i, p := range parts {
		if !used[i] {
			fits = append(fits, Fit{Part: p.name, Seen: "is missing from the chain"})
		}
	}
	end := c.ends(parts)
	if end.Holds && !written(c, chain) {
		end.Holds, end.Seen = false, "the chain has something that no chain has"
	}
	return append(fits, end), nil
}

// written says whether a chain is written as this version writes it, but for its form.
func written(c *Chain, as any) bool {
	raw, err := encoded(c)
	if err != nil {
		return false
	}
	again, err := decode(raw)
	if err != nil {
		return false
	}
	var want, got bytes.Buffer
	return errors.Join(canonical(&want, again), canonical(&got, as)) == nil && bytes.Equal(want.Bytes(), got.Bytes())
}

// after is the index of the next part of the name, -1 when there is none.
func after(parts []part, i int, name string) int {
	for n := i + 1; n < len(parts); n++ {
		if parts[n].name == name {
			return n
		}
	}
	return -1
}

func (p part) fit(link Link, before string) Fit {
	f := Fit{Part: p.name, Seen: amount(len(p.entries))}
	hash, err := p.hash(before)
	switch {
	case err != nil:
		f.Seen = err.Error()
	case len(p.entries) != link.Entries:
		f.Seen = fmt.Sprintf("has %s, and %d were hashed", amount(len(p.entries)), link.Entries)
	case hash != link.Hash:
		f.Seen = "was changed after it was hashed"
	default:
		f.Holds = true
	}
	return f
}

// ends says whether the parts are in the order of the links, and the hash of the record is
// that of the last.
func (c Chain) ends(parts []part) Fit {
	f := Fit{Part: "order and end", Holds: true, Seen: c.Hash}
	names := func(p part, l Link) bool { return p.name == l.Part }
	switch n := len(c.Links); {
	case n == 0:
		return Fit{Part: f.Part, Seen: "the chain has no link"}
	case c.Links[n-1].Hash != c.Hash:
		f.Holds, f.Seen = false, "the hash of the record is not that of the last link"
	case !slices.EqualFunc(parts, c.Links, names):
		f.Holds, f.Seen = false, "the parts of the record are not those of the chain in its order"
	}
	return f
}

func amount(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}
