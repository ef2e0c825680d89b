package experiments

import (
	"testing"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// TestNothingIsInjectedAfterTheDecisionToRevert: a server dies between the decision to
// inject and its publication. The run is aborted, and the injection is never published,
// before its revert or after it.
func TestNothingIsInjectedAfterTheDecisionToRevert(t *testing.T) {
	t.Parallel()
	for _, owner := range []string{"server-1", "server-2"} {
		t.Run(owner, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			c := newCrasher(r.bus, record.PhaseInjecting+" stored")
			stop := r.server(func(d *Deps) { d.Bus, d.Store, d.Checkpoint = c, c, c.checkpoint })
			r.start("run-i", quick(nil))
			c.wait(t)
			stop()
			r.server(func(d *Deps) { d.Owner = owner })
			wantVerdict(t, r.finished("run-i"), record.Aborted, "server restarted while injecting")
			if n := r.count(events.FaultInjectTopic.Type(), "run-i"); n != 0 {
				t.Errorf("asked chaos %d times to inject", n)
			}
			if n := r.count(events.FaultRevertTopic.Type(), "run-i"); n != 1 {
				t.Errorf("asked chaos %d times to revert, want once", n)
			}
		})
	}
}
