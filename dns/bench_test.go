package dns_test

import (
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/dns"
	"github.com/shakedown-dev/shakedown/dns/dnstest"
	"github.com/shakedown-dev/shakedown/internal/timebound"
)

// TestLargePlan: a plan for 10,000 records in 20 zones takes less than two seconds, also
// when they are all there.
func TestLargePlan(t *testing.T) {
	zones, s := large()
	began := time.Now()
	p := dns.NewPlan(zones, []dns.Source{s})
	timebound.Check(t, "a plan that makes 10,000 records", time.Since(began), 2*time.Second)
	f := dnstest.NewFake(zones...)
	if _, err := syncer(f).Apply(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	is := f.Contents()
	began = time.Now()
	p = dns.NewPlan(is, []dns.Source{s})
	timebound.Check(t, "a plan that finds 10,000 records", time.Since(began), 2*time.Second)
	if !p.Empty() || p.Unchanged != 10_000 {
		t.Errorf("%d changes, %d refused, %d unchanged", len(p.Changes), len(p.Refused), p.Unchanged)
	}
}

func BenchmarkPlan(b *testing.B) {
	zones, s := large()
	for b.Loop() {
		dns.NewPlan(zones, []dns.Source{s})
	}
}
