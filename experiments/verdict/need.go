package verdict

import (
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// duringNeeded is four fifths of the data that fit into the time of observing, at the pace
// at which they come: a slow query may miss a beat, a blind probe may not pass. Of raw
// samples that come more slowly than they are asked for it takes two.
func duringNeeded(s spec.Spec, pace events.Duration) int {
	if s.Interval <= 0 {
		return 1
	}
	least := 1
	if pace > s.Interval*3/2 {
		least = 2
	}
	return max(least, int(s.Observe/max(s.Interval, pace))*4/5)
}

// BaselineSpan is the time between the first and the last of the samples that fill
// the baseline. Half an interval is allowed for the jitter of the clock.
func BaselineSpan(s spec.Spec) time.Duration {
	return max(0, (s.Baseline.Duration - s.Interval - s.Interval/2).Std())
}
