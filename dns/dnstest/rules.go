package dnstest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/dns"
)

// The bounds of one batch.
const (
	maxRecords    = 1000
	maxCharacters = 32_000
	maxWeight     = 255
)

// apply makes the edits one after the other. The error has a line for each that cannot be
// made.
func (z *zone) apply(edits []dns.Edit) error {
	var wrong []error
	records, characters := 0, 0
	for _, e := range edits {
		records += max(1, len(e.Record.Values))
		characters += len(strings.Join(e.Record.Values, ""))
		if err := z.edit(e); err != nil {
			wrong = append(wrong, err)
		}
	}
	if records > maxRecords || characters > maxCharacters {
		return fmt.Errorf("the batch has %d records and %d characters", records, characters)
	}
	return errors.Join(wrong...)
}

func (z *zone) edit(e dns.Edit) error {
	is, there := z.records[e.Record.Key()]
	if e.Delete {
		switch {
		case !there:
			return fmt.Errorf("tried to delete %s, but it was not found", e.Record)
		case !same(is, e.Record):
			return fmt.Errorf("tried to delete %s, but the values provided do not match the current values", e.Record)
		}
		delete(z.records, e.Record.Key())
		z.names[is.Name] = slices.DeleteFunc(z.names[is.Name], func(r dns.Record) bool { return r.Key() == is.Key() })
		return nil
	}
	if there {
		return fmt.Errorf("tried to create %s, but it already exists", e.Record)
	}
	if err := z.check(e.Record); err != nil {
		return err
	}
	z.records[e.Record.Key()] = e.Record
	z.names[e.Record.Name] = append(z.names[e.Record.Name], e.Record)
	return nil
}

// same compares as Route 53 does: values as they are written, in any order.
func same(a, b dns.Record) bool {
	x, y := slices.Sorted(slices.Values(a.Values)), slices.Sorted(slices.Values(b.Values))
	return slices.Equal(x, y) && a.TTL == b.TTL && a.Alias == b.Alias && a.Routing == b.Routing && a.HealthCheck == b.HealthCheck
}

// check says what is wrong with a record that is created.
func (z *zone) check(r dns.Record) error {
	switch {
	case !r.Name.Within(z.Name):
		return fmt.Errorf("%s is not permitted in zone %s", r, z.Name)
	case r.Type == dns.CNAME && r.Name == z.Name:
		return fmt.Errorf("a CNAME is not permitted at the apex of zone %s", z.Name)
	case r.Routing.Weight < 0 || r.Routing.Weight > maxWeight:
		return fmt.Errorf("%s: weight %d is not in 0 to %d", r, r.Routing.Weight, maxWeight)
	case len(r.Values) == 0 && !r.IsAlias():
		return fmt.Errorf("%s has no value", r)
	}
	for _, v := range r.Values {
		if r.Type == dns.TXT && !strings.HasPrefix(v, `"`) {
			return fmt.Errorf("%s: the value is not quoted", r)
		}
	}
	for _, other := range z.names[r.Name] {
		if excludes(r, other) {
			return fmt.Errorf("%s conflicts with %s", r, other)
		}
	}
	return nil
}

// excludes says whether two records of one name cannot stand beside each other.
func excludes(a, b dns.Record) bool {
	if a.Type != b.Type {
		return a.Type == dns.CNAME || b.Type == dns.CNAME
	}
	return a.Routing.Policy != b.Routing.Policy
}
