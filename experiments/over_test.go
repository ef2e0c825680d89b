package experiments

import (
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// TestInterruptedBeforeItsFault: a run that was interrupted before anything was injected is
// not begun by whoever starts later, when its command has ended or its time is over.
func TestInterruptedBeforeItsFault(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		command bool
		later   time.Duration
		reason  string
	}{
		{"by a command", true, 0, "the command that it was run for has ended"},
		{"by a server, days later", false, 48 * time.Hour, "it was interrupted while baseline, and its time was over at "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			reached := newCrasher(r.bus, "baseline entered")
			stop := r.server(func(d *Deps) { d.Checkpoint, d.Config.OneShot = reached.checkpoint, tc.command })
			r.start("run-i", quick(nil))
			reached.wait(t)
			stop()
			r.server(func(d *Deps) { d.Now = func() time.Time { return r.clock.Now().Add(tc.later) } })
			wantVerdict(t, r.finished("run-i"), record.NotRun, tc.reason)
			if n := r.count(events.FaultInjectTopic.Type(), "run-i"); n > 0 {
				t.Errorf("%d faults were asked for", n)
			}
		})
	}
}
