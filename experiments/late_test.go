package experiments

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// outcomes counts what is published of finished runs, before the bus drops duplicates.
type outcomes struct {
	*natsbus.Bus
	n atomic.Int64
}

func (o *outcomes) Publish(ctx context.Context, e events.Envelope) error {
	if e.Type == events.RunFinishedTopic.Type() {
		o.n.Add(1)
	}
	return o.Bus.Publish(ctx, e)
}

// TestOneOutcomeWheneverItComesAgain delivers requests again after the age at which one is
// taken, and those that nobody took in time.
func TestOneOutcomeWheneverItComesAgain(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(quick(nil))
	if err != nil {
		t.Fatal(err)
	}
	maxAge := testConfig().MaxAge
	for _, tc := range []struct {
		name string
		// first is how old the request is when it comes for the first time, again for the
		// second.
		first, again time.Duration
		want         record.Word
		outcomes     int64
	}{
		{"done, and comes again when it is too old", 0, maxAge * 3 / 2, record.Passed, 1},
		{"done, and comes again when it may be forgotten", 0, 30 * maxAge, record.Passed, 1},
		{"never taken in time", maxAge * 3 / 2, maxAge * 5 / 3, record.NotRun, 1},
		{"so old that it may have been done and forgotten", 30 * maxAge, 31 * maxAge, "", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			bus := &outcomes{Bus: r.bus}
			var ahead atomic.Int64
			r.server(func(d *Deps) {
				d.Bus, d.Config.Keep, d.Config.BaselineGrace = bus, 8*maxAge, 10*time.Second
				d.Now = func() time.Time { return r.clock.Now().Add(time.Duration(ahead.Load())) }
			})
			m := events.Meta{ID: "start", Source: "test", Time: time.Now(), Correlation: "run-o"}
			for _, age := range []time.Duration{tc.first, tc.again} {
				ahead.Store(int64(age))
				if err := r.service.onRunStart(t.Context(), m, events.RunStart{Run: "run-o", Spec: raw, Namespace: "shop"}); err != nil {
					t.Fatal(err)
				}
				if tc.want != "" {
					wantVerdict(t, r.finished("run-o"), tc.want, "")
					r.settled() // before the clock goes on: a lease would lapse
				}
			}
			if n := bus.n.Load(); n != tc.outcomes {
				t.Errorf("%d outcomes were published, want %d", n, tc.outcomes)
			}
			if rows, err := r.service.queue.Open(t.Context()); err != nil || len(rows) > 0 && tc.want == "" {
				t.Errorf("%d rows are open, %v", len(rows), err)
			}
		})
	}
}

// settled waits until all rows have left the queue.
func (r *rig) settled() {
	r.t.Helper()
	kv, err := r.bus.KV(r.t.Context(), events.Bucket{Name: queueName})
	if err != nil {
		r.t.Fatal(err)
	}
	for {
		rows, err := kv.List(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		if len(rows) == 0 || !events.Wait(r.t.Context(), 5*time.Millisecond) {
			return
		}
	}
}

// TestARunThatNobodyTookInTime: nothing was under way in its place, the servers were just
// not there. The reason does not speak of other runs.
func TestARunThatNobodyTookInTime(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(quick(nil))
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t)
	r.server(nil)
	m := events.Meta{ID: "start", Source: "test", Time: time.Now().Add(-10 * time.Minute), Correlation: "run-l"}
	if err := r.service.onRunStart(t.Context(), m, events.RunStart{Run: "run-l", Spec: raw, Namespace: "shop"}); err != nil {
		t.Fatal(err)
	}
	rec := r.finished("run-l")
	wantVerdict(t, rec, record.NotRun, "it was asked for ")
	if strings.Contains(rec.Verdict.Reason, "other runs") {
		t.Errorf("the reason %q speaks of runs that there are none of", rec.Verdict.Reason)
	}
}
