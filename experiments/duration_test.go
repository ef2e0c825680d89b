package experiments

import (
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// TestFaultsThatLast: the budget of a recovery begins when a fault with a duration ends,
// and an injection may take as long as its kind says.
func TestFaultsThatLast(t *testing.T) {
	const sec = time.Second
	lasts := func(closes time.Duration) func(int, time.Duration) []happening {
		return after(
			at(100*time.Millisecond, injected(0)), at(200*time.Millisecond, marked(0, events.MarkVictimGone)),
			at(closes, marked(0, events.MarkReplacementReady)), at(closes, closed(0, true)),
		)
	}
	slow := func(spec.Fault) time.Duration { return time.Minute }
	for _, tc := range []struct {
		name     string
		duration time.Duration
		slow     func(spec.Fault) time.Duration
		chaos    func(int, time.Duration) []happening
		script   []happening
		word     record.Word
		reason   string
	}{
		{name: "closed within the budget after its end", duration: 90 * sec, chaos: lasts(115 * sec), word: record.Passed},
		{name: "closed as late without a duration", chaos: lasts(115 * sec), word: record.Inconclusive, reason: "chaos did not close the fault of step 1"},
		{name: "not closed", duration: 90 * sec, chaos: lasts(200 * sec), word: record.Inconclusive, reason: "chaos did not close the fault of step 1"},
		{
			name: "out for the whole duration", duration: 90 * sec, chaos: lasts(100 * sec), word: record.Passed,
			script: []happening{at(6*sec, value("whole", 2)), at(110*sec, value("whole", 3))},
		},
		{
			name: "out beyond the budget", duration: 90 * sec, chaos: lasts(100 * sec), word: record.Failed, reason: "after the injection of a fault that lasts 1m30s",
			script: []happening{at(6*sec, value("whole", 2)), at(140*sec, value("whole", 3))},
		},
		{name: "slow to inject", slow: slow, chaos: after(at(70*sec, injected(0)), at(71*sec, marked(0, events.MarkVictimGone)), at(72*sec, closed(0, true)), at(72*sec, marked(0, events.MarkReplacementReady))), word: record.Passed},
		{name: "slower than its kind says", slow: slow, chaos: silent, word: record.Inconclusive, reason: "chaos did not answer within 1m30s"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg, d := DefaultConfig(), experiment(1)
			cfg.SlowInject = tc.slow
			d.Spec.Method[0].Duration = events.Duration(tc.duration)
			simulateOf(cfg, d, tc.chaos, tc.script...).want(t, tc.word, tc.reason)
		})
	}
}
