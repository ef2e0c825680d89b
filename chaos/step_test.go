package chaos

import (
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// patient is a kind whose injections take what the request says.
type patient struct{ Kind }

func (patient) Describe() Description {
	return Description{FaultKind: events.FaultKind{Name: "patient", Duration: events.DurationNone}, InjectTimeout: time.Second}
}

func (patient) Check(r events.FaultInject) (p events.Problems) {
	p.Check(r.Target.Labels != "bad", "target.labels", "is bad")
	return p
}

func (patient) InjectTimeout(r events.FaultInject) time.Duration {
	return time.Duration(len(r.Params)) * time.Minute
}

// brisk is the same, with one time for all.
type brisk struct{ Kind }

func (brisk) Describe() Description {
	return Description{FaultKind: events.FaultKind{Name: "brisk"}, InjectTimeout: time.Second}
}

func TestSteps(t *testing.T) {
	kinds := []Kind{patient{}, brisk{}}
	if p := CheckStep(kinds, Step{Kind: "patient", Target: events.FaultTarget{Labels: "bad"}}); len(p) != 1 || p[0].Key != "target.labels" {
		t.Errorf("a bad target: %v", p)
	}
	if p := CheckStep(kinds, Step{Kind: "patient"}); len(p) > 0 {
		t.Errorf("no target, which the file's own rules speak of: %v", p)
	}
	for want, step := range map[time.Duration]Step{
		3 * time.Minute: {Kind: "patient", Params: []byte(`{ }`), Target: events.FaultTarget{Count: 0}},
		6 * time.Minute: {Kind: "patient", Params: []byte(`{}`), Target: events.FaultTarget{Count: 3}},
		2 * time.Second: {Kind: "brisk", Params: []byte(`{}`), Target: events.FaultTarget{Count: 2}},
		0:               {Kind: "other"},
	} {
		if got := InjectTime(kinds, step); got != want {
			t.Errorf("%s: %s, want %s", step.Kind, got, want)
		}
	}
}
