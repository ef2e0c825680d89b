// Package dnstest has zones for tests that behave as those of Route 53 do, and the suite
// that every provider passes.
package dnstest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/shakedown-dev/shakedown/dns"
	"github.com/shakedown-dev/shakedown/dns/name"
	"github.com/shakedown-dev/shakedown/events"
)

// Fake has zones in memory. It refuses what Route 53 refuses.
type Fake struct {
	// Before is asked before each call, by the name of the method; an error is the answer.
	Before func(ctx context.Context, call string) error
	// After is asked after each change that was made; an error is the answer, as when the
	// connection is lost then.
	After func() error
	// Propagation is how often a change is pending when it is asked for.
	Propagation int

	mu      sync.Mutex
	zones   []*zone
	pending map[string]int
	calls   map[string]int
}

type zone struct {
	dns.Zone
	records map[dns.Key]dns.Record
	// names are the records by name, while edits are made.
	names map[name.Name][]dns.Record
}

// NewFake has the zones with their records.
func NewFake(zones ...dns.Contents) *Fake {
	f := &Fake{pending: map[string]int{}, calls: map[string]int{}}
	for _, c := range zones {
		z := &zone{Zone: c.Zone, records: map[dns.Key]dns.Record{}}
		for _, r := range c.Records {
			z.records[r.Key()] = r
		}
		f.zones = append(f.zones, z)
	}
	return f
}

// Calls is how often a method was called.
func (f *Fake) Calls(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[method]
}

// Put writes a record by hand, past all rules.
func (f *Fake) Put(zone string, r dns.Record) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.zone(zone).records[r.Key()] = r
}

// Contents are all zones with their records.
func (f *Fake) Contents() (all []dns.Contents) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, z := range f.zones {
		all = append(all, dns.Contents{Zone: z.Zone, Records: z.list()})
	}
	return all
}

func (f *Fake) zone(id string) *zone {
	for _, z := range f.zones {
		if z.ID == id {
			return z
		}
	}
	return nil
}

func (z *zone) list() []dns.Record {
	return slices.SortedFunc(maps.Values(z.records), func(a, b dns.Record) int { return strings.Compare(a.String(), b.String()) })
}

func (f *Fake) enter(ctx context.Context, call string) error {
	f.mu.Lock()
	f.calls[call]++
	f.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if f.Before != nil {
		return f.Before(ctx, call)
	}
	return nil
}

// Zones lists all zones.
func (f *Fake) Zones(ctx context.Context) (all []dns.Zone, err error) {
	if err := f.enter(ctx, "Zones"); err != nil {
		return nil, err
	}
	for _, c := range f.Contents() {
		all = append(all, c.Zone)
	}
	return all, nil
}

// Records lists all records of a zone.
func (f *Fake) Records(ctx context.Context, z dns.Zone) ([]dns.Record, error) {
	if err := f.enter(ctx, "Records"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if found := f.zone(z.ID); found != nil {
		return found.list(), nil
	}
	return nil, noZone(z)
}

func noZone(z dns.Zone) error {
	return events.Errorf(events.KindNotFound, "", "there is no hosted zone %s", z.ID)
}

// Change makes all edits or none.
func (f *Fake) Change(ctx context.Context, z dns.Zone, edits []dns.Edit) (string, error) {
	if err := f.enter(ctx, "Change"); err != nil {
		return "", err
	}
	if err := events.CheckFence(ctx); err != nil {
		return "", err
	}
	id, err := f.change(z, edits)
	if err == nil && f.After != nil {
		err = f.After()
	}
	return id, err
}

func (f *Fake) change(z dns.Zone, edits []dns.Edit) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := f.zone(z.ID)
	if found == nil {
		return "", noZone(z)
	}
	after := &zone{Zone: found.Zone, records: maps.Clone(found.records), names: map[name.Name][]dns.Record{}}
	for _, r := range found.records {
		after.names[r.Name] = append(after.names[r.Name], r)
	}
	if err := after.apply(edits); err != nil {
		return "", events.Errorf(events.KindInvalid, "", "%w", err)
	}
	found.records = after.records
	id := fmt.Sprintf("C%d", len(f.pending)+1)
	f.pending[id] = f.Propagation
	return id, nil
}

// Pending counts down.
func (f *Fake) Pending(ctx context.Context, id string) (bool, error) {
	if err := f.enter(ctx, "Pending"); err != nil {
		return false, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	left := f.pending[id]
	f.pending[id] = left - 1
	return left > 0, nil
}
