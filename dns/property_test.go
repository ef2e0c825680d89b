package dns_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/shakedown-dev/shakedown/dns"
	"github.com/shakedown-dev/shakedown/dns/dnstest"
	"github.com/shakedown-dev/shakedown/dns/name"
	"github.com/shakedown-dev/shakedown/events"
)

// world makes random zones and wishes.
type world struct {
	*rand.Rand
	t *testing.T
	// prefixes are those of names; that of a TXT record that tells an owner is in the way.
	prefixes []string
}

// record is one of few names, types and sets, so that they meet.
func (w world) record() dns.Record {
	prefix := w.prefixes[w.IntN(len(w.prefixes))]
	n := name.Name(fmt.Sprintf("%sn%d.shop.example", prefix, w.IntN(6)))
	value := fmt.Sprintf("192.0.2.%d", w.IntN(4))
	switch w.IntN(5) {
	case 0:
		return rec(n, fmt.Sprintf("lb%d.example.", w.IntN(3)))
	case 1:
		return member(n, []string{"blue", "green"}[w.IntN(2)], int64(w.IntN(256)), value)
	case 2:
		return of(dns.TXT, rec(n, fmt.Sprintf(`"text %d"`, w.IntN(3))))
	default:
		return rec(n, value)
	}
}

// wishes are records that can stand beside each other.
func (w world) wishes() (wanted []dns.Record) {
	trial := dnstest.NewFake(zone()...)
	for range 1 + w.IntN(8) {
		r := w.record()
		if _, err := trial.Change(w.t.Context(), dns.Zone{ID: "Z1"}, []dns.Edit{{Record: r}}); err == nil {
			wanted = append(wanted, r)
		}
	}
	return wanted
}

// foreign puts records of others into the zone: with a TXT record of another owner, with
// one of an older version, and with none.
func (w world) foreign(f *dnstest.Fake) {
	for range w.IntN(5) {
		r := w.record()
		edits := []dns.Edit{{Record: r}}
		owner := txt((dns.Registry{}).TXTName(r.Name, r.Type), "team", "ingress/a/b")
		switch w.IntN(3) {
		case 0:
			edits = append(edits, dns.Edit{Record: inSet(owner, r)})
		case 1:
			if owner.Name = r.Name; r.Type == dns.A {
				edits = append(edits, dns.Edit{Record: inSet(owner, r)})
			}
		}
		_, _ = f.Change(w.t.Context(), dns.Zone{ID: "Z1"}, edits) // what cannot stand there is not there
	}
}

// foreigners are the records that our owner has not made.
func foreigners(f *dnstest.Fake) (all []dns.Record) {
	list := f.Contents()[0].Records
	ours := map[dns.Key]bool{}
	for _, r := range list {
		if n := (dns.Registry{}).TXTName(r.Name, r.Type); slices.ContainsFunc(list, inSet(txt(n, mine, document), r).Equal) {
			ours[r.Key()], ours[dns.Key{Name: n, Type: dns.TXT, Set: r.Routing.Set}] = true, true
		}
	}
	return slices.DeleteFunc(list, func(r dns.Record) bool { return ours[r.Key()] })
}

// TestForeignRecordsSurvive: in 1,000 random rounds, with hands that change ours and
// faults that come in between, no record of others is touched, and when all is quiet a sync
// makes what can be made, after which there is nothing to do.
func TestForeignRecordsSurvive(t *testing.T) {
	const seed = 11
	w := world{rand.New(rand.NewPCG(seed, 1)), t, []string{"", "", "", "", "", "a-", "cname-"}}
	for round := range 1000 {
		f := dnstest.NewFake(zone()...)
		w.foreign(f)
		foreign := foreigners(f)
		for range 1 + w.IntN(3) {
			w.disturb(f)
			s := source(w.wishes()...)
			result, _ := syncer(f).Apply(t.Context(), planned(t, f, s)) // a fault may end it
			wantTrue(t, f, result)
		}
		f.Before, f.After = nil, nil
		settles(t, f, source(w.wishes()...))
		if now := foreigners(f); !slices.EqualFunc(now, foreign, dns.Record.Equal) {
			t.Fatalf("round %d: the records of others were %v and are %v", round, foreign, now)
		}
	}
}

// settles syncs until there is nothing to do. A name that is free only once another record
// is gone takes a second sync.
func settles(t *testing.T, f *dnstest.Fake, s dns.Source) {
	t.Helper()
	p := planned(t, f, s)
	for range 2 {
		if result, err := syncer(f).Apply(t.Context(), p); err != nil || len(result.Failed) > 0 {
			t.Fatalf("%v, failed %+v", err, result.Failed)
		}
		if p = planned(t, f, s); len(p.Changes) == 0 {
			return
		}
	}
	t.Fatalf("the plan after two syncs: %+v", p)
}

// wantTrue compares what a result says with what is in the zone.
func wantTrue(t *testing.T, f *dnstest.Fake, r dns.Result) {
	t.Helper()
	list := f.Contents()[0].Records
	for _, c := range r.Done {
		if c.New != nil && !slices.ContainsFunc(list, c.New.Equal) {
			t.Errorf("%s is done, and not there", c)
		}
	}
	for _, c := range r.NotTried {
		if c.New != nil && slices.ContainsFunc(list, c.New.Equal) {
			t.Errorf("%s was not tried, and is there", c)
		}
	}
}

// disturb lets some of the next changes fail, before or after they were made.
func (w world) disturb(f *dnstest.Fake) {
	f.Before = func(_ context.Context, call string) error {
		if call == "Change" && w.IntN(4) == 0 {
			return events.Errorf(events.KindUnavailable, "", "throttled")
		}
		return nil
	}
	f.After = func() error {
		if w.IntN(4) == 0 {
			return events.Errorf(events.KindUnavailable, "", "the answer was lost")
		}
		return nil
	}
}

// TestTwoReplicas plan at the same time, and a hand changes a record: nothing is lost, and
// all is as wanted when both have tried again.
func TestTwoReplicas(t *testing.T) {
	w := world{rand.New(rand.NewPCG(12, 1)), t, []string{""}}
	for round := range 300 {
		f := dnstest.NewFake(zone()...)
		old, wanted := source(w.wishes()...), source(w.wishes()...)
		if len(wanted.Records) == 0 || len(old.Records) == 0 {
			continue
		}
		wantConverged(t, f, old)
		one, two := planned(t, f, wanted), planned(t, f, wanted)
		byHand := rec("hand.shop.example", "192.0.2.77")
		f.Put("Z1", byHand)
		for _, p := range []dns.Plan{one, two} {
			if result, err := syncer(f).Apply(t.Context(), p); err != nil || len(result.Failed) > 0 || len(result.Done) != len(p.Changes) {
				t.Fatalf("round %d: %+v, %v", round, result, err)
			}
		}
		wantConverged(t, f, wanted)
		if !slices.ContainsFunc(f.Contents()[0].Records, byHand.Equal) {
			t.Fatalf("round %d: what was made by hand is gone", round)
		}
	}
}
