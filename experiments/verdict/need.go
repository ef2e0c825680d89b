package verdict

import (
	"time"

	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// duringNeeded is four fifths of the samples that fit into the time of observing, at
// least one: a slow query may miss a beat, a blind probe may not pass.
func duringNeeded(s spec.Spec) int {
	if s.Interval <= 0 {
		return 1
	}
	return max(1, int(s.Observe/s.Interval)*4/5)
}

// BaselineSpan is the time between the first and the last of the samples that fill
// the baseline. Half an interval is allowed for the jitter of the clock.
func BaselineSpan(s spec.Spec) time.Duration {
	return max(0, (s.Baseline.Duration - s.Interval - s.Interval/2).Std())
}
