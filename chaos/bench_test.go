package chaos_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/internal/timebound"
)

// stopWithin is how soon every open fault must have seen an emergency stop.
const stopWithin = 500 * time.Millisecond

// BenchmarkStop is from the call until the last of 200 open faults is being
// reverted: the stop is written, each fault is asked to end, and its holder has
// heard of that.
func BenchmarkStop(b *testing.B) {
	const faults = 200
	r, l := chaostest.New(b), newLamps(faults)
	d := r.Deps("a", l)

	r.Serve(d)
	var longest time.Duration
	for n := 0; b.Loop(); n++ {
		b.StopTimer()
		leaveDark(r, l, faults, fmt.Sprintf("f%d-", n))
		awaitWatched(b, r, l, faults*(n+1))
		answered := make(chan error, 1)
		b.StartTimer()
		began := time.Now()
		go func() {
			_, err := events.StopCall.Ask(b.Context(), r.Bus, chaostest.Stamp().First(""), events.StopRequest{Reason: "bench"})
			answered <- err
		}()
		l.awaitReverted(b, faults*(n+1))
		took := time.Since(began)
		b.StopTimer()
		longest = max(longest, took)
		if err := <-answered; err != nil {
			b.Fatal(err)
		}
		eventstest.Eventually(b, "all are closed", func() bool { return len(r.Open()) == 0 })
		ask(b, r, events.ResumeCall, events.StopRequest{})
		b.StartTimer()
	}
	b.ReportMetric(float64(longest.Milliseconds()), "longest-ms")
	timebound.Check(b, fmt.Sprintf("a stop until the last of %d open faults saw it", faults), longest, stopWithin)
}
