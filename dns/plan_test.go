package dns_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/dns"
	"github.com/shakedown-dev/shakedown/dns/name"
)

// rec is a record of type A, or CNAME for a value that ends in a dot.
func rec(n name.Name, values ...string) dns.Record {
	r := dns.Record{Name: n, Type: dns.A, TTL: 60, Values: values}
	if strings.HasSuffix(values[0], ".") {
		r.Type = dns.CNAME
	}
	return r
}

// of is a record of another type.
func of(t dns.Type, r dns.Record) dns.Record {
	r.Type = t
	return r
}

// member is a record of a weighted set.
func member(n name.Name, set string, weight int64, value string) dns.Record {
	r := rec(n, value)
	r.Routing = dns.Routing{Set: set, Policy: dns.Weighted, Weight: weight}
	return r
}

// txt is the TXT record by which external-dns tells an owner.
func txt(n name.Name, owner, resource string) dns.Record {
	return dns.Record{Name: n, Type: dns.TXT, TTL: 300, Values: []string{`"heritage=external-dns,external-dns/owner=` + owner + `,external-dns/resource=` + resource + `"`}}
}

// inSet is a record with the place of another in a set.
func inSet(r, like dns.Record) dns.Record {
	r.Routing = like.Routing
	return r
}

const mine, document = "us", "hostnames/shop"

func source(records ...dns.Record) dns.Source {
	return dns.Source{Owner: dns.Owner{ID: mine, Resource: document}, Records: records}
}

func zone(records ...dns.Record) []dns.Contents {
	return []dns.Contents{{Zone: dns.Zone{ID: "Z1", Name: "shop.example"}, Records: records}}
}

// planCase is a zone, what is wanted, and what comes of it.
type planCase struct {
	name    string
	is      []dns.Record
	wanted  []dns.Record
	changes []string
	refused []string
}

func planCases() []planCase {
	const www = name.Name("www.shop.example")
	ours := txt("a-www.shop.example", mine, document)
	blue, green := member(www, "blue", 90, "192.0.2.1"), member(www, "green", 10, "192.0.2.2")
	return []planCase{
		{"new", nil, []dns.Record{rec(www, "192.0.2.1")}, []string{"create www.shop.example A"}, nil},
		{"as wanted", []dns.Record{rec(www, "192.0.2.1"), ours}, []dns.Record{rec(www, "192.0.2.1")}, nil, nil},
		{"values in another order", []dns.Record{rec(www, "192.0.2.2", "192.0.2.1"), ours}, []dns.Record{rec(www, "192.0.2.1", "192.0.2.2")}, nil, nil},
		{"other value", []dns.Record{rec(www, "192.0.2.9"), ours}, []dns.Record{rec(www, "192.0.2.1")}, []string{"update www.shop.example A"}, nil},
		{"not wanted any more", []dns.Record{rec(www, "192.0.2.1"), ours}, []dns.Record{rec("a.shop.example", "192.0.2.1")}, []string{"create a.shop.example A", "delete www.shop.example A"}, nil},
		{"orphan TXT record", []dns.Record{ours}, []dns.Record{rec("b.shop.example", "192.0.2.1")}, []string{"forget a-www.shop.example TXT", "create b.shop.example A"}, nil},
		{"orphan TXT record of a wanted name", []dns.Record{ours}, []dns.Record{rec(www, "192.0.2.1")}, []string{"create www.shop.example A"}, nil},
		{"nobody's", []dns.Record{rec(www, "192.0.2.9")}, []dns.Record{rec(www, "192.0.2.1")}, nil, []string{"it is there (192.0.2.9 ttl 60) and belongs to nobody"}},
		{"nobody's but as wanted", []dns.Record{rec(www, "192.0.2.1")}, []dns.Record{rec(www, "192.0.2.1")}, nil, []string{"it is as wanted, but belongs to nobody"}},
		{"another owner's", []dns.Record{rec(www, "192.0.2.9"), txt("a-www.shop.example", "team", "ingress/a/b")}, []dns.Record{rec(www, "192.0.2.1")}, nil, []string{"belongs to team (ingress/a/b)"}},
		{"another owner's by an old TXT record", []dns.Record{rec(www, "192.0.2.9"), txt(www, "team", "ingress/a/b")}, []dns.Record{rec(www, "192.0.2.1")}, nil, []string{"belongs to team (ingress/a/b)"}},
		{"an owner without a name", []dns.Record{rec(www, "192.0.2.9"), txt("a-www.shop.example", "", "")}, []dns.Record{rec(www, "192.0.2.1")}, nil, []string{"an owner whose TXT record gives no name"}},
		{"another document's", []dns.Record{rec(www, "192.0.2.9"), txt("a-www.shop.example", mine, "hostnames/other")}, []dns.Record{rec(www, "192.0.2.1")}, nil, []string{"belongs to us (hostnames/other)"}},
		{"TXT record of another owner alone", []dns.Record{txt("a-www.shop.example", "team", "x")}, []dns.Record{rec(www, "192.0.2.1")}, nil, []string{"says that it belongs to team (x)"}},
		{"foreign ones beside", []dns.Record{rec("z.shop.example", "192.0.2.9"), rec("y.shop.example", "192.0.2.9"), txt("a-y.shop.example", "team", "x")}, []dns.Record{rec(www, "192.0.2.1")}, []string{"create www.shop.example A"}, nil},
		{"CNAME beside a foreign record", []dns.Record{rec(www, "192.0.2.9")}, []dns.Record{rec(www, "lb.example.")}, nil, []string{"a CNAME stands alone, and there is www.shop.example A, which belongs to nobody"}},
		{"record beside a foreign CNAME", []dns.Record{rec(www, "lb.example."), txt("cname-www.shop.example", "team", "x")}, []dns.Record{rec(www, "192.0.2.1")}, nil, []string{"there is www.shop.example CNAME, which belongs to team (x)"}},
		{"CNAME for our own record", []dns.Record{rec(www, "192.0.2.9"), ours}, []dns.Record{rec(www, "lb.example.")}, []string{"delete www.shop.example A", "create www.shop.example CNAME"}, nil},
		{"CNAME at the apex", nil, []dns.Record{rec("shop.example", "lb.example.")}, nil, []string{"the name of a zone cannot have a record of type CNAME"}},
		{"TXT record out of the zone", nil, []dns.Record{rec("shop.example", "192.0.2.1")}, nil, []string{"its TXT record a-shop.example would be outside of the zone"}},
		{"no zone", nil, []dns.Record{rec("www.other.example", "192.0.2.1")}, nil, []string{"there is no public hosted zone for it"}},
		{"handed over", []dns.Record{of(dns.NS, rec("sub.shop.example", "ns1.example.com."))}, []dns.Record{rec("a.sub.shop.example", "192.0.2.1")}, nil, []string{"hands sub.shop.example over to other name servers"}},
		{"name of a TXT record", []dns.Record{txt("a-www.shop.example", "team", "x")}, []dns.Record{of(dns.TXT, rec("a-www.shop.example", `"v"`))}, nil, []string{"its name is that of a TXT record that says who owns another record"}},
		{"name of the TXT record is taken", []dns.Record{of(dns.TXT, rec("a-www.shop.example", `"v=1"`))}, []dns.Record{rec(www, "192.0.2.1")}, nil, []string{"its TXT record a-www.shop.example TXT cannot stand there, since there is a-www.shop.example TXT"}},
		{"name of the TXT record is a CNAME", []dns.Record{rec("a-www.shop.example", "lb.example.")}, []dns.Record{rec(www, "192.0.2.1")}, nil, []string{"its TXT record a-www.shop.example TXT cannot stand there, since there is a-www.shop.example CNAME"}},
		{"name of the TXT record is taken by a set", []dns.Record{inSet(of(dns.TXT, rec("a-www.shop.example", `"v=1"`)), blue)}, []dns.Record{rec(www, "192.0.2.1")}, nil, []string{"its TXT record a-www.shop.example TXT cannot stand there, since there is a-www.shop.example TXT (blue)"}},
		{"name of the TXT record is wanted", nil, []dns.Record{rec(www, "192.0.2.1"), of(dns.TXT, rec("a-www.shop.example", `"v=1"`))}, []string{"create a-www.shop.example TXT"}, []string{"its TXT record a-www.shop.example TXT cannot stand there, since there is a-www.shop.example TXT"}},
		{"CNAME in place of a set", []dns.Record{blue, inSet(ours, blue)}, []dns.Record{rec(www, "lb.example.")}, []string{"delete www.shop.example A (blue)", "create www.shop.example CNAME"}, nil},
		{"simple becomes weighted", []dns.Record{rec(www, "192.0.2.1"), ours}, []dns.Record{blue, green}, []string{"delete www.shop.example A", "create www.shop.example A (blue)", "create www.shop.example A (green)"}, nil},
		{"weight moves", []dns.Record{blue, inSet(ours, blue), green, inSet(ours, green)}, []dns.Record{member(www, "blue", 10, "192.0.2.1"), member(www, "green", 90, "192.0.2.2")}, []string{"update www.shop.example A (blue)", "update www.shop.example A (green)"}, nil},
		{"set beside a foreign simple record", []dns.Record{rec(www, "192.0.2.1")}, []dns.Record{blue}, nil, []string{"a simple record and a set exclude each other, and there is www.shop.example A, which belongs to nobody"}},
		{"simple record beside a foreign set", []dns.Record{blue, inSet(txt("a-www.shop.example", "team", "x"), blue)}, []dns.Record{rec(www, "192.0.2.1")}, nil, []string{"there is www.shop.example A (blue), which belongs to team (x)"}},
		{"our side beside another's", []dns.Record{blue, inSet(txt("a-www.shop.example", "team", "x"), blue)}, []dns.Record{green}, []string{"create www.shop.example A (green)"}, nil},
		{"all of a name or nothing", []dns.Record{rec(www, "192.0.2.9"), of(dns.AAAA, rec(www, "2001:db8::1")), txt("aaaa-www.shop.example", mine, document)}, []dns.Record{rec(www, "192.0.2.1"), of(dns.AAAA, rec(www, "2001:db8::2"))}, nil, []string{"belongs to nobody", "another record of this name was refused"}},
	}
}

func TestPlan(t *testing.T) {
	for _, tc := range planCases() {
		t.Run(tc.name, func(t *testing.T) {
			wantPlan(t, dns.NewPlan(zone(tc.is...), []dns.Source{source(tc.wanted...)}), tc.changes, tc.refused)
		})
	}
}

func wantPlan(t *testing.T, p dns.Plan, changes, refused []string) {
	t.Helper()
	var got []string
	for _, c := range p.Changes {
		got = append(got, c.String())
	}
	if diff := cmp.Diff(changes, got); diff != "" {
		t.Errorf("changes: %s", diff)
	}
	if len(p.Refused) != len(refused) {
		t.Fatalf("refused: %+v, want %q", p.Refused, refused)
	}
	for i, want := range refused {
		if !strings.Contains(p.Refused[i].Reason, want) {
			t.Errorf("refused: %s, want %q", p.Refused[i].Reason, want)
		}
	}
}

// TestNothingWantedDeletesNothing: an empty source looks like a mistake.
func TestNothingWantedDeletesNothing(t *testing.T) {
	is := zone(rec("www.shop.example", "192.0.2.1"), txt("a-www.shop.example", mine, document))
	p := dns.NewPlan(is, []dns.Source{source()})
	wantPlan(t, p, nil, nil)
	if len(p.Kept) != 1 || p.Kept[0].Records != 1 || !strings.Contains(p.Kept[0].Reason, "it wants nothing") {
		t.Errorf("kept %+v", p.Kept)
	}
}

// TestDeletesAreCounted: a TXT record whose record is gone is one, too.
func TestDeletesAreCounted(t *testing.T) {
	is := zone(rec("www.shop.example", "192.0.2.1"), txt("a-www.shop.example", mine, document), txt("a-gone.shop.example", mine, document))
	if p := dns.NewPlan(is, []dns.Source{source(rec("b.shop.example", "192.0.2.1"))}); p.Deletes() != 2 || len(p.Changes) != 3 {
		t.Errorf("%d of %v are deletes", p.Deletes(), p.Changes)
	}
}

// TestTwoSources of one owner neither take from each other nor delete of each other, but
// one takes over what the other does not want any more.
func TestTwoSources(t *testing.T) {
	a, b := source(rec("a.shop.example", "192.0.2.1")), source(rec("b.shop.example", "192.0.2.1"))
	b.Owner.Resource = "hostnames/other"
	wantPlan(t, dns.NewPlan(zone(), []dns.Source{a, b}), []string{"create a.shop.example A", "create b.shop.example A"}, nil)

	b.Records = a.Records
	wantPlan(t, dns.NewPlan(zone(), []dns.Source{a, b}), nil, []string{"it is wanted by us (hostnames/other) as well", "it is wanted by us (hostnames/shop) as well"})

	is := zone(a.Records[0], txt("a-a.shop.example", mine, document))
	a.Records = []dns.Record{rec("c.shop.example", "192.0.2.1")}
	wantPlan(t, dns.NewPlan(is, []dns.Source{a, b}), []string{"update a.shop.example A", "create c.shop.example A"}, nil)
	wantPlan(t, dns.NewPlan(is, []dns.Source{b}), nil, []string{"it is as wanted, but belongs to us (hostnames/shop)"})

	b.Records = []dns.Record{rec("n.shop.example", "lb.example.")}
	a.Records = []dns.Record{rec("n.shop.example", "192.0.2.1")}
	wantPlan(t, dns.NewPlan(zone(), []dns.Source{a, b}), nil, []string{"there is n.shop.example CNAME, which us (hostnames/other) wants", "there is n.shop.example A, which us (hostnames/shop) wants"})
}

// TestZones finds the zone of a name: the longest, of the right kind.
func TestZones(t *testing.T) {
	zones := []dns.Contents{
		{Zone: dns.Zone{ID: "Z1", Name: "shop.example"}},
		{Zone: dns.Zone{ID: "Z2", Name: "eu.shop.example"}},
		{Zone: dns.Zone{ID: "Z3", Name: "shop.example", Private: true}},
		{Zone: dns.Zone{ID: "Z4", Name: "two.example"}},
		{Zone: dns.Zone{ID: "Z5", Name: "two.example"}},
	}
	for _, tc := range []struct {
		name    string
		of      dns.Source
		want    string
		refused string
	}{
		{"public", source(rec("www.shop.example", "192.0.2.1")), "Z1", ""},
		{"longest", source(rec("www.eu.shop.example", "192.0.2.1")), "Z2", ""},
		{"private", dns.Source{Private: true, Records: []dns.Record{rec("www.shop.example", "192.0.2.1")}}, "Z3", ""},
		{"no private one", dns.Source{Private: true, Records: []dns.Record{rec("www.two.example", "192.0.2.1")}}, "", "there is no private hosted zone"},
		{"two of one name", source(rec("www.two.example", "192.0.2.1")), "", "2 hosted zones have the name two.example"},
		{"one of two", dns.Source{Zones: []string{"Z5"}, Records: []dns.Record{rec("www.two.example", "192.0.2.1")}}, "Z5", ""},
		{"not allowed", dns.Source{Zones: []string{"Z5"}, Records: []dns.Record{rec("www.shop.example", "192.0.2.1")}}, "", "there is no public hosted zone"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := dns.NewPlan(zones, []dns.Source{tc.of})
			if tc.refused != "" {
				wantPlan(t, p, nil, []string{tc.refused})
			} else if len(p.Changes) != 1 || p.Changes[0].Zone.ID != tc.want {
				t.Errorf("got %+v", p)
			}
		})
	}
}
