package experiments

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// fullStore is the store, in which some writes of records fail: those from the first to
// the last given, counted from 1.
func fullStore(store events.Store, first, last int64) events.Store {
	var puts atomic.Int64
	return eventstest.Intercept(store, func(_ context.Context, op eventstest.Op, call func() error) error {
		if op.Name != "put" {
			return call()
		}
		if n := puts.Add(1); n >= first && n <= last {
			return errors.New("insufficient storage")
		}
		return call()
	})
}

// TestRecordThatCannotBeStored: a write that fails is tried again for a while. A run whose
// record cannot be stored then ends, for this reason and no other, with its faults reverted.
func TestRecordThatCannotBeStored(t *testing.T) {
	t.Parallel()
	const always = 1 << 40
	for _, tc := range []struct {
		name        string
		first, last int64
		want        record.Word
		reason      string
		kills       int
	}{
		{"one write of each phase fails", 1, 1, record.Passed, "", 1},
		{"one write in mid-run fails", 3, 4, record.Passed, "", 1},
		{"from the beginning", 1, always, record.Inconclusive, "the record could not be stored while the run was created: ", 0},
		{"from the injection", 2, always, record.Inconclusive, "the record could not be stored while the run was baseline: ", 0},
		{"from the observation", 3, always, record.Inconclusive, "the record could not be stored while the run was injecting: ", 1},
		{"from the recovery", 4, always, record.Inconclusive, "the record could not be stored while the run was observing: ", 1},
		{"from the judgement", 5, always, record.Inconclusive, "the record could not be stored: ", 1},
		{"from the verdict", 6, always, record.Inconclusive, "the record could not be stored: ", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.server(func(d *Deps) {
				d.Store, d.Config.StoreTimeout, d.Config.BaselineGrace = fullStore(r.bus, tc.first, tc.last), 2*time.Second, 10*time.Second
			})
			r.start("run-s", quick(nil))
			sum := r.outcome("run-s")
			wantVerdict(t, record.Record{Verdict: record.Verdict{Word: record.Word(sum.Verdict), Reason: sum.Reason}}, tc.want, tc.reason)
			wantVerdict(t, r.record("run-s"), tc.want, tc.reason)
			if tc.last == always && sum.Report != "" {
				t.Errorf("points to the report %s of a record that is not stored", sum.Report)
			}
			if kills, open := r.chaos.state(); kills != tc.kills || open != 0 {
				t.Errorf("%d kills and %d open faults, want %d and 0", kills, open, tc.kills)
			}
		})
	}
}
