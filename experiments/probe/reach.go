package probe

import (
	"fmt"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// narrower is a probe whose window can be made shorter.
type narrower interface {
	// Narrow is the query with no window longer than most; "" when there is none.
	Narrow(most time.Duration) string
}

// allowWindow is the name under which a long window is allowed.
const allowWindow = "window"

// checkTimeout refuses a probe that may wait longer than an interval: the next samples of
// all probes would be late.
func checkTimeout(s spec.Spec, p Probe) events.Problems {
	if timeout := p.Condition().Timeout; timeout > s.Interval {
		return events.Problems{{Key: "timeout", Message: fmt.Sprintf("is %s, and the next samples would be late: at most spec.interval (%s)", timeout, s.Interval)}}
	}
	return nil
}

// checkReach refuses a window in which a fault could hide: one that is longer than the
// observation of a probe that must hold, or in which an outage fits that is longer than the
// budget.
func checkReach(s spec.Spec, i int, p Probe) events.Problems {
	c := p.Condition()
	if slices.Contains(c.Limits, allowWindow) {
		return nil
	}
	most, than := s.Recovery.Budget-s.Interval, "spec.recovery.budget"
	if s.Hypothesis[i].Must == spec.MustHold && s.Observe < most {
		most, than = s.Observe, "spec.observe"
	}
	if c.Reach <= max(most, 0) {
		return nil
	}
	message := fmt.Sprintf("has a window of %s, and a fault could hide in one that is longer than %s allows: at most %s", c.Reach, than, most)
	if n, ok := p.(narrower); ok {
		if query := n.Narrow(most.Std()); query != "" && most > 0 {
			message += "; such as " + query
		}
	}
	return events.Problems{{Key: "query", Message: message + "; to have it all the same, add allow: [" + allowWindow + "]"}}
}
