package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"

	"github.com/shakedown-dev/shakedown/events"
)

// Chain is what a complete record hashes to, part by part and each part into the next, so
// that a change is found and its place is known. It has no key: who rewrites a record can
// make a chain that fits. A rewritten record is found by whoever kept the hash elsewhere, as
// the event of the run's end does.
type Chain struct {
	Links []Link `json:"links"`
	// Hash is that of the last link, and so of the record.
	Hash string `json:"hash"`
}

// Link is one part of the record: its samples of one probe, a fault with its decisions,
// the marks.
type Link struct {
	Part string `json:"part"`
	// Entries is how many values were hashed, such as samples.
	Entries int `json:"entries"`
	// Hash is "sha256:" and hexadecimal digits.
	Hash string `json:"hash"`
}

// part is a part of a record as it is hashed.
type part struct {
	name    string
	entries []any
}

// Seal makes the chain of a record that is complete. The record must not change from then on.
func (r *Record) Seal() error {
	r.Chain = nil
	raw, err := encoded(r)
	if err != nil {
		return err
	}
	parts, _, err := partsOf(raw)
	if err != nil {
		return fmt.Errorf("seal record of run %s: %w", r.Run, err)
	}
	c := Chain{Hash: Schema}
	for _, p := range parts {
		if c.Hash, err = p.hash(c.Hash); err != nil {
			return fmt.Errorf("seal record of run %s: %w", r.Run, err)
		}
		c.Links = append(c.Links, Link{Part: p.name, Entries: len(p.entries), Hash: c.Hash})
	}
	r.Chain = &c
	return nil
}

// hash hashes the name of the part and each of its entries into the hash before it.
func (p part) hash(before string) (string, error) {
	h := next(before, []byte(p.name))
	var b bytes.Buffer
	for _, entry := range p.entries {
		b.Reset()
		if err := canonical(&b, entry); err != nil {
			return "", fmt.Errorf("%s: %w", p.name, err)
		}
		h = next(h, b.Bytes())
	}
	return h, nil
}

func next(before string, entry []byte) string {
	h := sha256.New()
	_, _ = h.Write([]byte(before + "\n")) // a hash takes everything
	_, _ = h.Write(entry)
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// partsOf takes a record apart, its chain aside. Whatever has no part of its own, also a field
// that this version does not know, is in the first.
func partsOf(raw []byte) (parts []part, chain any, err error) {
	v, err := decode(raw)
	rest, is := v.(map[string]any)
	if err != nil || !is {
		return nil, nil, events.Errorf(events.KindInvalid, "export the record again: shakedown report export RUN --format json", "read run record: %w", orNoObject(err))
	}
	take := func(name string) any {
		v := rest[name]
		delete(rest, name)
		return v
	}
	chain = take("chain")
	probes, steps := entries(take("probes")), entries(take("steps"))
	last := []part{
		{"marks", entries(take("recovery"))},
		{"notes", entries(take("notes"))},
		{"ending", one(take("ending"))},
		{"figures", one(take("summary"))},
		{"evidence", entries(take("evidence"))},
		{"verdict", one(take("verdict"))},
	}
	parts = []part{{"run", one(rest)}}
	for _, p := range probes {
		head, samples := split(p, "samples")
		parts = append(parts, part{"probe " + named(p), one(head)}, part{"samples of " + named(p), samples})
	}
	for i, s := range steps {
		head, decisions := split(s, "decisions")
		parts = append(parts, part{fmt.Sprintf("fault %d", i+1), append(one(head), decisions...)})
	}
	return append(parts, last...), chain, nil
}

func orNoObject(err error) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("it is no object")
}

// split takes a list out of an object.
func split(v any, name string) (head any, list []any) {
	members, is := v.(map[string]any)
	if !is {
		return v, nil
	}
	rest := maps.Clone(members)
	delete(rest, name)
	return rest, entries(members[name])
}

func named(v any) string {
	members, _ := v.(map[string]any) // what has no name has none
	name, _ := members["name"].(string)
	return name
}

// entries are the elements of a list, or the one value that stands in its place.
func entries(v any) []any {
	if all, is := v.([]any); is {
		return all
	}
	return one(v)
}

func one(v any) []any {
	if v == nil {
		return nil
	}
	return []any{v}
}
