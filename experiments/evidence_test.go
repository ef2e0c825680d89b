package experiments

import (
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// TestEvidenceOfTime has the ways in which evidence once lied in time.
func TestEvidenceOfTime(t *testing.T) {
	sec := time.Second
	for _, tc := range []struct {
		name   string
		scene  scene
		word   record.Word
		reason string
		out    string
	}{
		{"nothing happens", ordinary(nil), record.Passed, "1 of 1 probes never broke for longer than", ""},
		{
			"scrapes of 15 s, long enough observed", ordinary(func(s *scene) { s.scrape, s.observe = 15*sec, 45*sec }),
			record.Passed, "never broke for longer than", "",
		},
		{
			"scrapes that could miss more than the budget", ordinary(func(s *scene) { s.scrape, s.budget = 30*sec, 20*sec }),
			record.NotRun, "availability could miss an outage of 30s, and the budget is 20s", "",
		},
		{
			"scrapes of 15 s, down beyond the floor", ordinary(func(s *scene) { s.scrape, s.down = 15*sec, []period{{0, 33 * sec}} }),
			record.Failed, "did not hold", "",
		},
		{
			"breaks by itself before the kill is sent", ordinary(func(s *scene) { s.guards, s.ill = 3*sec, []period{{1200 * time.Millisecond, 20 * sec}} }),
			record.Inconclusive, `no evidence that "baseline held"`, "",
		},
		{
			"our own process is stopped over an outage", ordinary(func(s *scene) {
				s.paused, s.down = []period{{500 * time.Millisecond, 5500 * time.Millisecond}}, []period{{sec, 4 * sec}}
			}),
			record.Inconclusive, "nothing was read for", "",
		},
		{
			"a recover probe without a value from the kill on, beyond the budget",
			ordinary(func(s *scene) { s.must, s.budget, s.deaf = spec.MustRecover, 3*sec, []period{{0, 4 * sec}} }),
			record.Inconclusive, "nothing was read for", "at most",
		},
		{
			"N1: a total outage that nobody could see",
			ordinary(func(s *scene) {
				s.must, s.counting, s.down, s.observe = spec.MustRecover, true, []period{{0, 3500 * time.Millisecond}}, 30*sec
			}),
			record.Inconclusive, "nothing was read for", "at most",
		},
		{
			"N1: Prometheus is silent from the kill on",
			ordinary(func(s *scene) {
				s.must, s.deaf, s.observe = spec.MustRecover, []period{{0, 12 * sec}}, 75*sec
				s.healed = 12 * sec
			}),
			record.Inconclusive, "nothing was read for", "at most",
		},
		{
			"B10: count() has no value in a total outage", ordinary(func(s *scene) { s.counting, s.down = true, []period{{0, 3 * sec}} }),
			record.Inconclusive, "nothing was read for", "",
		},
		{
			"a breach that was measured, and nothing after it", ordinary(func(s *scene) { s.down, s.deaf = []period{{0, 3 * sec}}, []period{{3 * sec, time.Hour}} }),
			record.Failed, "out for at least", "at least",
		},
		{
			"an outage before the answer to the delete counts against the budget",
			ordinary(func(s *scene) {
				s.must, s.budget, s.accepted, s.gone, s.healed, s.down = spec.MustRecover, 5*sec, 6*sec, 6*sec, 7*sec, []period{{0, 9 * sec}}
			}),
			record.Failed, "was not back within 5s", "",
		},
		{
			"a victim that drains for longer than it is observed",
			ordinary(func(s *scene) {
				s.observe, s.gone, s.healed, s.down = 6*sec, 9*sec, 12*sec, []period{{9 * sec, 12 * sec}}
			}),
			record.Failed, "did not hold", "",
		},
		{
			"the clock of chaos is 10 s behind", ordinary(func(s *scene) { s.scrape, s.chaosAhead, s.observe = 30*sec, -10*sec, sec }),
			record.Passed, "", "",
		},
		{
			"the clock of Prometheus is 30 s ahead", ordinary(func(s *scene) { s.ahead, s.down = 30*sec, []period{{0, 20 * sec}} }),
			record.Inconclusive, "the clock of its data is 30", "",
		},
		{
			"the clock of Prometheus moves", ordinary(func(s *scene) { s.ticking = 100 * time.Millisecond }),
			record.Inconclusive, "the clock of its data", "",
		},
		{
			"a part of the series stops", ordinary(func(s *scene) {
				s.maxAge, s.partial, s.down = 5*sec, []period{{0, time.Hour}}, []period{{sec, 9 * sec}}
			}),
			record.Inconclusive, "a part of the series has no sample", "",
		},
		{
			"a window of 5 s over an outage of 3.8 s", ordinary(func(s *scene) {
				s.must, s.reach, s.down = spec.MustRecover, 5*sec, []period{{200 * time.Millisecond, 4 * sec}}
			}),
			record.Passed, "0 of 1 probes never broke", "to",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			st := play(tc.scene)
			st.sim.want(t, tc.word, tc.reason)
			if lie := st.lie(); lie != "" {
				t.Error(lie)
			}
			out := "not read"
			if b := st.sim.st.rec.Probes[0].Out; b != nil {
				out = b.String()
			}
			if !strings.Contains(out, tc.out) {
				t.Errorf("out for %s, want %q", out, tc.out)
			}
		})
	}
}

// TestSamplesOfOneScrapeAreOne: however often a scrape is asked for, it is one sample.
func TestSamplesOfOneScrapeAreOne(t *testing.T) {
	st := play(ordinary(func(s *scene) { s.scrape, s.baseline = 15*time.Second, 5 }))
	st.sim.want(t, record.Passed, "")
	if st.sent < 45*time.Second {
		t.Errorf("killed after %s, when less than five scrapes had been seen", st.sent)
	}
}
