package dns_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/shakedown-dev/shakedown/dns"
	"github.com/shakedown-dev/shakedown/dns/dnstest"
	"github.com/shakedown-dev/shakedown/dns/name"
	"github.com/shakedown-dev/shakedown/events"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFake(t *testing.T) {
	dnstest.Run(t, func(*testing.T) dnstest.Rig {
		z := dns.Zone{ID: "Z1", Name: dnstest.Apex}
		return dnstest.Rig{Provider: dnstest.NewFake(dns.Contents{Zone: z}), Zone: z}
	})
}

type silence struct{}

func (silence) Step(string) {}
func (silence) Note(string) {}

func syncer(f dns.Provider) dns.Syncer {
	return dns.Syncer{Provider: f, Limits: dns.DefaultLimits(), Progress: silence{}, Poll: time.Millisecond}
}

// planned is the plan for the sources as the zones are now.
func planned(t *testing.T, p dns.Provider, sources ...dns.Source) dns.Plan {
	t.Helper()
	is, err := dns.Read(t.Context(), p, sources)
	if err != nil {
		t.Fatal(err)
	}
	return dns.NewPlan(is, sources)
}

// hosts are so many records of type A.
func hosts(n int) (all []dns.Record) {
	for i := range n {
		all = append(all, rec(name.Name(fmt.Sprintf("h%04d.shop.example", i)), "192.0.2.1"))
	}
	return all
}

// TestSync makes zones as wanted, and then there is nothing to do.
func TestSync(t *testing.T) {
	f := dnstest.NewFake(zone()...)
	f.Propagation = 2
	s := source(append(hosts(1200), of(dns.TXT, rec("t.shop.example", `"v"`)), rec("*.shop.example", "192.0.2.1"))...)
	p := planned(t, f, s)
	result, err := syncer(f).Apply(t.Context(), p)
	if err != nil || len(result.Done) != 1202 || len(result.Failed)+len(result.NotTried) != 0 {
		t.Fatalf("%d done, %v", len(result.Done), err)
	}
	if result.Batches != p.Batches(dns.DefaultLimits()) || f.Calls("Change") != result.Batches {
		t.Errorf("%d batches, want %d; %d calls", result.Batches, p.Batches(dns.DefaultLimits()), f.Calls("Change"))
	}
	if again := planned(t, f, s); !again.Empty() || again.Unchanged != 1202 {
		t.Errorf("the second plan: %+v", again)
	}
}

// TestBadRecord: a record that cannot be made is found and named, and all others are made
// by few calls.
func TestBadRecord(t *testing.T) {
	f := dnstest.NewFake(zone()...)
	bad := member("h0333.shop.example", "s", 300, "192.0.2.1")
	s := source(append(slices.DeleteFunc(hosts(400), func(r dns.Record) bool { return r.Name == bad.Name }), bad)...)
	result, err := syncer(f).Apply(t.Context(), planned(t, f, s))
	if err != nil || len(result.Done) != 399 || len(result.Failed) != 1 || result.Failed[0].Key() != bad.Key() {
		t.Fatalf("%d done, failed %+v, %v", len(result.Done), result.Failed, err)
	}
	if !strings.Contains(result.Failed[0].Reason, "weight 300") {
		t.Errorf("the reason is %s", result.Failed[0].Reason)
	}
	if result.Batches > 25 {
		t.Errorf("%d batches to find one of 400", result.Batches)
	}
}

// TestChangedMeanwhile: what somebody has changed since the plan was made stays as it is,
// what was done already counts as done, and the rest is made.
func TestChangedMeanwhile(t *testing.T) {
	f := dnstest.NewFake(zone()...)
	if _, err := syncer(f).Apply(t.Context(), planned(t, f, source(hosts(20)...))); err != nil {
		t.Fatal(err)
	}
	wanted := hosts(20)
	for i := range wanted {
		wanted[i].Values = []string{"192.0.2.2"}
	}
	p := planned(t, f, source(wanted...))
	byHand := rec(wanted[3].Name, "192.0.2.99")
	f.Put("Z1", byHand)
	f.Put("Z1", wanted[4]) // as it is wanted
	result, err := syncer(f).Apply(t.Context(), p)
	if err != nil || len(result.Done) != 19 || len(result.Failed) != 1 || result.Failed[0].Key() != byHand.Key() {
		t.Fatalf("%d done, failed %+v, %v", len(result.Done), result.Failed, err)
	}
	if is := f.Contents()[0].Records; !slices.ContainsFunc(is, byHand.Equal) || result.Batches != 2 {
		t.Errorf("%d batches, and there is %v", result.Batches, is)
	}
}

// TestOwnerChangedMeanwhile: a record that was given away is not ours any more.
func TestOwnerChangedMeanwhile(t *testing.T) {
	is := rec("www.shop.example", "192.0.2.1")
	f := dnstest.NewFake(zone(is, txt("a-www.shop.example", mine, document))...)
	p := planned(t, f, source(rec("www.shop.example", "192.0.2.2")))
	f.Put("Z1", txt("a-www.shop.example", "team", "x"))
	result, err := syncer(f).Apply(t.Context(), p)
	if err != nil || len(result.Failed) != 1 || !slices.ContainsFunc(f.Contents()[0].Records, is.Equal) {
		t.Errorf("%+v, %v", result, err)
	}
}

// TestAnswerLost: a batch that was made counts as made although its answer was lost and
// it was sent again.
func TestAnswerLost(t *testing.T) {
	f := dnstest.NewFake(zone()...)
	lost := &again{Fake: f}
	result, err := syncer(lost).Apply(t.Context(), planned(t, f, source(hosts(50)...)))
	if err != nil || len(result.Done) != 50 || len(result.Failed) != 0 || f.Calls("Change") != 2 {
		t.Errorf("%d done, failed %v, %v, %d calls", len(result.Done), result.Failed, err, f.Calls("Change"))
	}
}

// TestLastAnswerLost: a batch that was made is done, although nobody said so.
func TestLastAnswerLost(t *testing.T) {
	f := dnstest.NewFake(zone()...)
	f.After = func() error { return events.Errorf(events.KindUnavailable, "", "the answer was lost") }
	result, err := syncer(f).Apply(t.Context(), planned(t, f, source(hosts(50)...)))
	if err == nil || len(result.Done) != 50 || len(result.NotTried)+len(result.Failed) != 0 {
		t.Errorf("%d done, %d not tried, failed %v, %v", len(result.Done), len(result.NotTried), result.Failed, err)
	}
}

// TestLastAnswerLostForGood: what cannot be found out is said to be unknown.
func TestLastAnswerLostForGood(t *testing.T) {
	f := dnstest.NewFake(zone()...)
	p := planned(t, f, source(hosts(5)...))
	lost := events.Errorf(events.KindUnavailable, "", "the connection is lost")
	f.After = func() error {
		f.Before = func(context.Context, string) error { return lost }
		return lost
	}
	result, _ := syncer(f).Apply(t.Context(), p)
	if len(result.NotTried) != 0 || len(result.Failed) != 5 || !strings.Contains(result.Failed[0].Reason, "not known") {
		t.Errorf("%d not tried, failed %v", len(result.NotTried), result.Failed)
	}
}

// TestInterruptedBeforeTheAnswer: what was made when the command was interrupted is done.
func TestInterruptedBeforeTheAnswer(t *testing.T) {
	f := dnstest.NewFake(zone()...)
	ctx, cancel := context.WithCancel(t.Context())
	f.After = func() error { cancel(); return context.Canceled }
	result, err := syncer(f).Apply(ctx, planned(t, f, source(hosts(5)...)))
	if !errors.Is(err, context.Canceled) || len(result.Done) != 5 || len(result.NotTried)+len(result.Failed) != 0 {
		t.Errorf("%d done, %d not tried, failed %v, %v", len(result.Done), len(result.NotTried), result.Failed, err)
	}
}

// again sends each change twice, as an SDK does whose first answer is lost.
type again struct{ *dnstest.Fake }

func (a *again) Change(ctx context.Context, z dns.Zone, edits []dns.Edit) (string, error) {
	_, _ = a.Fake.Change(ctx, z, edits)
	return a.Fake.Change(ctx, z, edits)
}

// TestMayNotChange: credentials that may list but not change, a zone that is gone, and
// throttling without end stop the work on a zone, and the result says what was not tried.
func TestMayNotChange(t *testing.T) {
	for _, kind := range []events.Kind{events.KindRefused, events.KindNotFound, events.KindUnavailable} {
		t.Run(string(kind), func(t *testing.T) {
			f := dnstest.NewFake(append(zone(), dns.Contents{Zone: dns.Zone{ID: "Z2", Name: "two.example"}})...)
			f.Before = func(_ context.Context, call string) error {
				if call == "Change" && f.Calls("Change") == 2 {
					return events.Errorf(kind, "", "no")
				}
				return nil
			}
			s := source(hosts(1200)...)
			result, err := syncer(f).Apply(t.Context(), planned(t, f, s))
			if events.KindOf(err) != kind {
				t.Errorf("got %v", err)
			}
			if len(result.Done) == 0 || len(result.NotTried) == 0 || len(result.Failed) > 0 || len(result.Done)+len(result.NotTried) != 1200 || f.Calls("Change") != 2 {
				t.Errorf("%d done, %d not tried, failed %v", len(result.Done), len(result.NotTried), result.Failed)
			}
			f.Before = nil
			wantConverged(t, f, s)
		})
	}
}

func wantConverged(t *testing.T, p dns.Provider, s dns.Source) {
	t.Helper()
	if result, err := syncer(p).Apply(t.Context(), planned(t, p, s)); err != nil || len(result.Failed) > 0 {
		t.Fatalf("failed %v, %v", result.Failed, err)
	}
	if again := planned(t, p, s); !again.Empty() {
		t.Errorf("the plan after that: %+v", again)
	}
}

// TestInterrupted between batches leaves whole names, and the next sync does the rest.
func TestInterrupted(t *testing.T) {
	f := dnstest.NewFake(zone()...)
	ctx, cancel := context.WithCancel(t.Context())
	f.After = func() error { cancel(); return nil }
	s := source(hosts(1200)...)
	result, err := syncer(f).Apply(ctx, planned(t, f, s))
	if !errors.Is(err, context.Canceled) || len(result.Done) == 0 || len(result.NotTried) == 0 {
		t.Errorf("%d done, %d not tried, %v", len(result.Done), len(result.NotTried), err)
	}
	wantConverged(t, f, s)
}

// TestTooLargeForABatch is said by name, and the others are made.
func TestTooLargeForABatch(t *testing.T) {
	f := dnstest.NewFake(zone()...)
	s := syncer(f)
	s.Limits = dns.Limits{Records: 4, Characters: 500}
	large := rec("large.shop.example", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4")
	result, err := s.Apply(t.Context(), planned(t, f, source(append(hosts(5), large)...)))
	if err != nil || len(result.Done) != 5 || len(result.Failed) != 1 || !strings.Contains(result.Failed[0].Reason, "do not fit into one batch") {
		t.Errorf("%+v, %v", result, err)
	}
}

// TestBatches fills batches to within one twentieth of what is possible.
func TestBatches(t *testing.T) {
	zones, s := large()
	p := dns.NewPlan(zones, []dns.Source{s})
	characters := 0
	for _, c := range p.Changes {
		owner := fmt.Sprintf(`"heritage=external-dns,external-dns/owner=%s,external-dns/resource=%s"`, s.Owner.ID, s.Owner.Resource)
		characters += len(owner) + len(c.New.Values[0])
	}
	perZone := float64(characters) / float64(len(zones)) / float64(dns.DefaultLimits().Characters)
	least := len(zones) * int(perZone+0.9999)
	if got := p.Batches(dns.DefaultLimits()); len(p.Changes) != 10_000 || float64(got) > 1.05*float64(least) {
		t.Errorf("%d changes in %d batches, want at most %d and a twentieth", len(p.Changes), got, least)
	}
}

// large are 20 empty zones and 10,000 records that are wanted in them.
func large() (zones []dns.Contents, s dns.Source) {
	s = source()
	for z := range 20 {
		apex := name.Name(fmt.Sprintf("z%02d.example", z))
		zones = append(zones, dns.Contents{Zone: dns.Zone{ID: fmt.Sprintf("Z%d", z), Name: apex}})
		for i := range 500 {
			s.Records = append(s.Records, rec(name.Name(fmt.Sprintf("h%03d.", i))+apex, "192.0.2.1"))
		}
	}
	return zones, s
}
