package dns_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/dns"
	"github.com/shakedown-dev/shakedown/events"
)

// hostnames is a document with the records.
func hostnames(wanted ...dns.Wanted) *dns.Document {
	return &dns.Document{Header: events.NewHeader(dns.Kind, "shop"), Spec: dns.Spec{Owner: mine, Records: wanted}}
}

// want is a record of type A.
func want(n string, values ...string) dns.Wanted {
	return dns.Wanted{Name: n, Type: dns.A, Values: values}
}

// TestSource turns what people write into records.
func TestSource(t *testing.T) {
	weight := int64(0)
	d := hostnames(
		want("WWW.Bücher.example.", "192.0.2.1"), dns.Wanted{Name: "t.example", Type: dns.TXT, TTL: events.Duration(time.Hour), Values: []string{"a b"}},
		dns.Wanted{Name: "w.example", Type: dns.A, Values: []string{"192.0.2.1"}, Set: "blue", Weight: &weight},
		dns.Wanted{Name: "l.example", Type: dns.AAAA, Alias: dns.WantedAlias{Target: "lb.example", Zone: "Z9", Health: true}},
	)
	if problems := d.Validate(); len(problems) > 0 {
		t.Fatal(problems)
	}
	blue := rec("w.example", "192.0.2.1")
	blue.Routing = dns.Routing{Set: "blue", Policy: dns.Weighted}
	text := of(dns.TXT, rec("t.example", `"a b"`))
	text.TTL = 3600
	s := dns.Source{Owner: dns.Owner{ID: mine, Resource: document}, Records: []dns.Record{
		rec("www.xn--bcher-kva.example", "192.0.2.1"), text, blue,
		{Name: "l.example", Type: dns.AAAA, Alias: dns.Alias{Target: "lb.example", Zone: "Z9", Health: true}},
	}}
	if diff := cmp.Diff(s, d.Source()); diff != "" {
		t.Error(diff)
	}
}

// TestProblems tells all that is wrong with a document, at its key.
func TestProblems(t *testing.T) {
	weight := func(w dns.Wanted, set string, n int64) dns.Wanted {
		w.Set, w.Weight = set, &n
		return w
	}
	cname, other := want("www.example", "lb.example"), weight(want("www.example", "192.0.2.1"), "b", 1)
	cname.Type, other.TTL = dns.CNAME, events.Duration(2*time.Minute)
	for _, tc := range []struct {
		name   string
		wanted []dns.Wanted
		says   string
	}{
		{"no name", []dns.Wanted{want("a b.example", "192.0.2.1")}, `spec.records[0].name: "a b.example" is no name`},
		{"wildcard inside", []dns.Wanted{want("a.*.example", "192.0.2.1")}, "spec.records[0].name: "},
		{"label without room for the TXT record", []dns.Wanted{want(strings.Repeat("a", 62)+".example", "192.0.2.1")}, "is 1 characters too long for its TXT record"},
		{"unknown type", []dns.Wanted{{Name: "a.example", Type: "SPF", Values: []string{"x"}}}, `spec.records[0].type: is "SPF", want one of [A AAAA`},
		{"no value", []dns.Wanted{want("a.example")}, "spec.records[0].values: are missing"},
		{"no address", []dns.Wanted{want("a.example", "192.0.2.1", "x")}, `spec.records[0].values[1]: "x" is no address`},
		{"a value twice", []dns.Wanted{want("a.example", "192.0.2.1", "192.0.2.1")}, "spec.records[0].values[1]: 192.0.2.1 stands here twice"},
		{"two targets", []dns.Wanted{{Name: "a.example", Type: dns.CNAME, Values: []string{"b.example", "c.example"}}}, "are 2, and a CNAME has one"},
		{"half a second", []dns.Wanted{{Name: "a.example", Type: dns.A, Values: []string{"192.0.2.1"}, TTL: events.Duration(time.Second / 2)}}, "spec.records[0].ttl: is 500ms, want whole seconds"},
		{"weight 300", []dns.Wanted{weight(want("a.example", "192.0.2.1"), "s", 300)}, "spec.records[0].weight: is 300, want 0 to 255"},
		{"weight without a set", []dns.Wanted{weight(want("a.example", "192.0.2.1"), "", 3)}, "spec.records[0].set: has 1 of weight"},
		{"set without a policy", []dns.Wanted{{Name: "a.example", Type: dns.A, Values: []string{"192.0.2.1"}, Set: "s"}}, "spec.records[0].set: has 0 of weight"},
		{"failover of another word", []dns.Wanted{{Name: "a.example", Type: dns.A, Values: []string{"192.0.2.1"}, Set: "s", Failover: "FIRST"}}, `is "FIRST", want PRIMARY or SECONDARY`},
		{"alias of a text", []dns.Wanted{{Name: "a.example", Type: dns.TXT, Alias: dns.WantedAlias{Target: "b.example", Zone: "Z"}}}, "spec.records[0].alias: is for records of type A or AAAA"},
		{"alias with values", []dns.Wanted{{Name: "a.example", Type: dns.A, Values: []string{"192.0.2.1"}, Alias: dns.WantedAlias{Target: "b.example", Zone: "Z"}}}, "stands beside values"},
		{"alias without a zone", []dns.Wanted{{Name: "a.example", Type: dns.A, Alias: dns.WantedAlias{Target: "b.example"}}}, "spec.records[0].alias.zone: is missing"},
		{"wanted twice", []dns.Wanted{want("a.example", "192.0.2.1"), want("A.example.", "192.0.2.2")}, "spec.records[1]: a.example A is wanted already by spec.records[0]"},
		{"CNAME beside others", []dns.Wanted{want("www.example", "192.0.2.1"), cname}, "spec.records[1]: www.example CNAME is impossible: a CNAME stands alone, and there is www.example A (an alias of type A stands beside others)"},
		{"set beside a simple one", []dns.Wanted{want("www.example", "192.0.2.1"), weight(want("www.example", "192.0.2.2"), "a", 1)}, "a simple record and a set exclude each other"},
		{"two ttls in a set", []dns.Wanted{weight(want("www.example", "192.0.2.2"), "a", 1), other}, "all of a set have one ttl"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if problems := hostnames(tc.wanted...).Validate(); len(problems) != 1 || !strings.Contains(problems[0].String(), tc.says) {
				t.Errorf("got %q, want one problem that says %q", problems, tc.says)
			}
		})
	}
}

// TestProblemsOfTheDocument are told at its keys, too.
func TestProblemsOfTheDocument(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(*dns.Document)
		says  string
	}{
		"no owner":           {func(d *dns.Document) { d.Spec.Owner = "" }, "spec.owner: "},
		"owner of everybody": {func(d *dns.Document) { d.Spec.Owner = "default" }, "spec.owner: is \"default\", which is what external-dns calls itself"},
		"two affixes":        {func(d *dns.Document) { d.Spec.Registry = dns.Registry{Prefix: "a", Suffix: "b"} }, "spec.registry: a prefix and a suffix exclude each other"},
		"odd prefix":         {func(d *dns.Document) { d.Spec.Registry.Prefix = "a b" }, "spec.registry: \"a b\" has characters"},
		"ttl below zero":     {func(d *dns.Document) { d.Spec.TTL = -1 }, "spec.ttl: is -1ns, want whole seconds"},
		"other kind":         {func(d *dns.Document) { d.Kind = "Names" }, "kind: is \"Names\""},
	} {
		d := hostnames(want("a.example", "192.0.2.1"))
		tc.spoil(d)
		if problems := d.Validate(); len(problems) != 1 || !strings.Contains(problems[0].String(), tc.says) {
			t.Errorf("%s: got %q, want one problem that says %q", name, problems, tc.says)
		}
	}
}

// TestList tells owners, and TXT records whose records are gone.
func TestList(t *testing.T) {
	is := zone(rec("www.shop.example", "192.0.2.1"), txt("a-www.shop.example", "team", "x"), rec("n.shop.example", "192.0.2.2"), txt("a-gone.shop.example", mine, document))
	var got []string
	for _, l := range dns.List(is, dns.Registry{}) {
		owner := "-"
		if l.Owner != nil {
			owner = l.Owner.String()
		}
		got = append(got, fmt.Sprint(l.Record, " ", owner, " ", l.Orphan))
	}
	want := []string{"a-gone.shop.example TXT us (hostnames/shop) true", "n.shop.example A - false", "www.shop.example A team (x) false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
