package dnstest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/shakedown-dev/shakedown/dns"
	"github.com/shakedown-dev/shakedown/dns/name"
	"github.com/shakedown-dev/shakedown/events"
)

// Rig is a provider with one empty zone whose name is Apex.
type Rig struct {
	Provider dns.Provider
	Zone     dns.Zone
}

// Apex is the name of the zone of a rig.
const Apex = name.Name("suite.example")

// Run is the suite that every provider passes.
func Run(t *testing.T, open func(t *testing.T) Rig) {
	for name, test := range map[string]func(*testing.T, Rig){
		"every kind of record": everyRecord, "all or nothing": allOrNothing, "preconditions": preconditions,
		"simple to weighted": simpleToWeighted, "refused records": refusedRecords, "zones": zones, "fence": fence, "many records": manyRecords,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func record(n name.Name, t dns.Type, values ...string) dns.Record {
	return dns.Record{Name: n + "." + Apex, Type: t, TTL: 60, Values: values}
}

// every has a record of each type and each policy.
func every() []dns.Record {
	alias := dns.Record{Name: "alias." + Apex, Type: dns.A, Alias: dns.Alias{Target: "a." + Apex, Zone: "ZTARGET", Health: true}}
	all := []dns.Record{
		record("a", dns.A, "192.0.2.1", "192.0.2.2"), record("a", dns.AAAA, "2001:db8::1"), record("c", dns.CNAME, "a.suite.example."),
		record("t", dns.TXT, `"a \"quoted\" \\ text"`), record("m", dns.MX, "10 mail.example."), record("_x._tcp", dns.SRV, "1 10 5269 x.example."),
		record("ca", dns.CAA, `0 issue "ca.example"`), record("sub", dns.NS, "ns1.example.", "ns2.example."), record("*", dns.A, "192.0.2.3"), record(`a-\052`, dns.TXT, `"wildcard"`), alias,
	}
	for _, r := range []dns.Routing{
		{Policy: dns.Weighted},
		{Policy: dns.Weighted, Weight: 255},
		{Policy: dns.Failover, Failover: "SECONDARY"},
		{Policy: dns.Latency, Region: "eu-central-1"},
		{Policy: dns.Geolocation, Continent: "EU"},
		{Policy: dns.Geolocation, Country: "*"},
		{Policy: dns.Geolocation, Country: "US", Subdivision: "CA"},
		{Policy: dns.Multivalue},
	} {
		r.Set = "s" + strings.ToLower(strings.Trim(r.Failover+r.Region+r.Continent+r.Subdivision, "*"))
		if r.Weight > 0 || r.Country == "*" {
			r.Set = "other"
		}
		one := record(name.Name(r.Policy), dns.A, "192.0.2.4")
		one.Routing = r
		all = append(all, one)
	}
	return all
}

func creates(records ...dns.Record) (edits []dns.Edit) {
	for _, r := range records {
		edits = append(edits, dns.Edit{Record: r})
	}
	return edits
}

func deletes(records ...dns.Record) (edits []dns.Edit) {
	for _, r := range records {
		edits = append(edits, dns.Edit{Delete: true, Record: r})
	}
	return edits
}

// change makes the edits, and waits until they are known everywhere.
func change(t *testing.T, rig Rig, edits ...dns.Edit) {
	t.Helper()
	id, err := rig.Provider.Change(t.Context(), rig.Zone, edits)
	if err != nil {
		t.Fatal(err)
	}
	for pending := true; pending; {
		if pending, err = rig.Provider.Pending(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
}

// wantRefused wants the edits to be refused for what they are, with words.
func wantRefused(t *testing.T, rig Rig, words string, edits ...dns.Edit) {
	t.Helper()
	_, err := rig.Provider.Change(t.Context(), rig.Zone, edits)
	if events.KindOf(err) != events.KindInvalid || !strings.Contains(err.Error(), words) {
		t.Errorf("got %v, want an error of kind invalid that says %q", err, words)
	}
}

// wantRecords wants these records in the zone, beside those that every zone has.
func wantRecords(t *testing.T, rig Rig, want ...dns.Record) {
	t.Helper()
	got, err := rig.Provider.Records(t.Context(), rig.Zone)
	if err != nil {
		t.Fatal(err)
	}
	got = slices.DeleteFunc(got, func(r dns.Record) bool { return r.Name == Apex })
	order := func(a, b dns.Record) int { return strings.Compare(a.String(), b.String()) }
	slices.SortFunc(got, order)
	if diff := cmp.Diff(slices.SortedFunc(slices.Values(want), order), got, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

// everyRecord is read as it was written, and goes by the same.
func everyRecord(t *testing.T, rig Rig) {
	change(t, rig, creates(every()...)...)
	wantRecords(t, rig, every()...)
	change(t, rig, deletes(every()...)...)
	wantRecords(t, rig)
}

func allOrNothing(t *testing.T, rig Rig) {
	good, bad := record("a", dns.A, "192.0.2.1"), record("b", dns.A, "192.0.2.1")
	wantRefused(t, rig, "b.suite.example", append(creates(good), deletes(bad)...)...)
	wantRecords(t, rig)
}

// preconditions: a record is deleted only as it is, and created only where there is none.
func preconditions(t *testing.T, rig Rig) {
	is, other := record("a", dns.A, "192.0.2.1"), record("a", dns.A, "192.0.2.2")
	change(t, rig, creates(is)...)
	wantRefused(t, rig, "a.suite.example", creates(is)...)
	wantRefused(t, rig, "a.suite.example", deletes(other)...)
	change(t, rig, append(deletes(is), creates(other)...)...)
	wantRecords(t, rig, other)
}

func simpleToWeighted(t *testing.T, rig Rig) {
	simple := record("a", dns.A, "192.0.2.1")
	weighted := simple
	weighted.Routing = dns.Routing{Set: "blue", Policy: dns.Weighted, Weight: 1}
	change(t, rig, creates(simple)...)
	wantRefused(t, rig, "a.suite.example", creates(weighted)...)
	change(t, rig, append(deletes(simple), creates(weighted)...)...)
	wantRecords(t, rig, weighted)
}

func refusedRecords(t *testing.T, rig Rig) {
	heavy := record("w", dns.A, "192.0.2.1")
	heavy.Routing = dns.Routing{Set: "s", Policy: dns.Weighted, Weight: 300}
	wantRefused(t, rig, "w.suite.example", creates(heavy)...)
	outside := dns.Record{Name: "www.other.example", Type: dns.A, TTL: 60, Values: []string{"192.0.2.1"}}
	wantRefused(t, rig, "www.other.example", creates(outside)...)
	wantRefused(t, rig, "c.suite.example", creates(record("c", dns.A, "192.0.2.1"), record("c", dns.CNAME, "a.example."))...)
	wantRecords(t, rig)
}

func zones(t *testing.T, rig Rig) {
	all, err := rig.Provider.Zones(t.Context())
	if err != nil || !slices.Contains(all, rig.Zone) {
		t.Errorf("got %v, %v, want %v among them", all, err, rig.Zone)
	}
	_, err = rig.Provider.Records(t.Context(), dns.Zone{ID: "ZNONE", Name: "none.example"})
	if events.KindOf(err) != events.KindNotFound {
		t.Errorf("a zone that is not there: %v", err)
	}
}

// fence: who may not act any more changes nothing.
func fence(t *testing.T, rig Rig) {
	lost := errors.New("the lease is lost")
	ctx := events.WithFence(t.Context(), func() error { return lost })
	if _, err := rig.Provider.Change(ctx, rig.Zone, creates(record("a", dns.A, "192.0.2.1"))); !errors.Is(err, lost) {
		t.Errorf("got %v", err)
	}
	wantRecords(t, rig)
}

// manyRecords takes several pages, and as many in a batch as the limits say.
func manyRecords(t *testing.T, rig Rig) {
	var many []dns.Record
	for i := range dns.DefaultLimits().Records {
		many = append(many, record(name.Name("r"+string(rune('a'+i/100))+"-"+string(rune('a'+i/10%10))+string(rune('a'+i%10))), dns.A, "192.0.2.1"))
	}
	change(t, rig, creates(many...)...)
	wantRecords(t, rig, many...)
	more := record("one-more", dns.A, "192.0.2.1")
	wantRefused(t, rig, "", creates(append(slices.Clone(many), more)...)...)
}
