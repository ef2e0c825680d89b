package events_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// TestParallel: each is called once, no more than the bound at once, and that many.
func TestParallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, most = 10, 3
		var calls [n]atomic.Int64
		var running, peak atomic.Int64
		began := time.Now()
		events.Parallel(n, most, func(i int) {
			calls[i].Add(1)
			peak.Store(max(peak.Load(), running.Add(1)))
			events.Wait(t.Context(), time.Second)
			running.Add(-1)
		})
		for i := range calls {
			if got := calls[i].Load(); got != 1 {
				t.Errorf("%d was called %d times", i, got)
			}
		}
		if peak.Load() != most || running.Load() != 0 || time.Since(began) != 4*time.Second {
			t.Errorf("up to %d at once and %d at the end, after %s", peak.Load(), running.Load(), time.Since(began))
		}
	})
	events.Parallel(0, 1, func(int) { t.Error("called for nothing") })
}
