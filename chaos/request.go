package chaos

import (
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// check says what is wrong with a request, with all problems at once.
func check(r events.FaultInject) events.Problems {
	var p events.Problems
	wrong := func(is bool, key, message string) {
		if is {
			p = append(p, events.Problem{Key: key, Message: message})
		}
	}
	wrong(r.Run == "", "run", "is missing")
	wrong(r.Namespace == "", "namespace", "is missing")
	wrong(r.Budget <= 0, "budget", "must be more than 0s")
	t := r.Target
	wrong(t.Labels == "", "target.labels", "is missing: a selector without labels would take every pod")
	wrong(t.Count < 0, "target.count", "must not be negative")
	wrong(t.Percent < 0 || t.Percent > 100, "target.percent", "must be between 1 and 100")
	wrong(t.Count > 0 && t.Percent > 0, "target", "takes count or percent, not both")
	wrong(t.PerOwner < 0, "target.perOwner", "must not be negative")
	if g := r.GracePeriod; g != nil {
		wrong(*g < 0 || g.Std()%time.Second != 0, "gracePeriod", "must be whole seconds, 0s or more")
	}
	return p
}
