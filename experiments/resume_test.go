package experiments

import (
	"context"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// TestRunWhoseRecordIsLostEnds: a server that takes over a run finds its record gone, or
// one that it cannot read, such as that of a later version. The run ends all the same, with
// its fault reverted, and those that wait for its place get their turn.
func TestRunWhoseRecordIsLostEnds(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(context.Context, events.Objects) error{
		"gone":       func(ctx context.Context, o events.Objects) error { return o.Delete(ctx, "run-l") },
		"unreadable": func(ctx context.Context, o events.Objects) error { return o.Put(ctx, "run-l", []byte("?")) },
		"of a later version": func(ctx context.Context, o events.Objects) error {
			raw, err := pack(record.Record{Schema: "shakedown.dev/run/v9"})
			if err != nil {
				return err
			}
			return o.Put(ctx, "run-l", raw)
		},
	} {
		for phase, want := range map[string]record.Word{
			record.PhaseObserving: record.Aborted, record.PhaseJudging: record.Inconclusive,
		} {
			t.Run(name+" while "+phase, func(t *testing.T) {
				t.Parallel()
				r := newRig(t)
				c := newCrasher(r.bus, phase+" entered")
				stop := r.server(func(d *Deps) { d.Bus, d.Store, d.Checkpoint = c, c, c.checkpoint })
				r.start("run-l", quick(nil))
				c.wait(t)
				stop()
				records, err := r.bus.Objects(t.Context(), events.Bucket{Name: recordsName, AsIs: true})
				if err == nil {
					err = spoil(t.Context(), records)
				}
				if err != nil {
					t.Fatal(err)
				}
				r.server(nil)
				rec := r.finished("run-l")
				wantVerdict(t, rec, want, "")
				if len(rec.Notes) == 0 || !strings.Contains(rec.Notes[0].Text, "is lost") {
					t.Errorf("notes %v do not say that the record was lost", rec.Notes)
				}
				if kills, open := r.chaos.state(); kills > 1 || open != 0 {
					t.Errorf("%d kills and %d open faults, want at most 1 and none", kills, open)
				}
			})
		}
	}
}
