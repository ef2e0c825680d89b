package chaos

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// check says what is wrong with a request, with all problems at once: what every
// kind needs, and what its own kind says of target and parameters.
func check(r events.FaultInject, kinds map[string]Kind) events.Problems {
	var p events.Problems
	p.Check(r.Run != "", "run", "is missing")
	p.Check(r.Budget > 0, "budget", "must be more than 0s")
	kind, known := kinds[r.Kind]
	if !known {
		p.Add("kind", "there is no fault %q", r.Kind)
		return p
	}
	takes := kind.Describe().Duration
	p.Check(r.Duration >= 0, "duration", "must not be negative")
	p.Check(takes != events.DurationNone || r.Duration <= 0, "duration", "%s takes none: it is over at once", r.Kind)
	p.Check(takes != events.DurationRequired || r.Duration != 0, "duration", "is missing: %s would not end", r.Kind)
	return append(p, kind.Check(r)...)
}

// Step is a fault as a file asks for it.
type Step struct {
	Kind     string
	Target   events.FaultTarget
	Params   json.RawMessage
	Duration events.Duration
}

// request is the step with all else in order.
func (s Step) request() events.FaultInject {
	if s.Target.Labels == "" { // which the file's own rules speak of
		s.Target.Labels = "file"
	}
	return events.FaultInject{
		Run: "file", Namespace: "file", Budget: events.Duration(time.Second),
		Kind: s.Kind, Target: s.Target, Params: s.Params, Duration: s.Duration,
	}
}

// CheckStep says what is wrong with a step, so that files can be checked before anybody
// asks for its fault. It is pure.
func CheckStep(kinds []Kind, s Step) events.Problems {
	table, err := byName(kinds)
	if err != nil {
		return events.Problems{{Key: "kind", Message: err.Error()}}
	}
	return check(s.request(), table)
}

// InjectTime is how long the injections of a step may take at most; 0 for a kind that
// this program does not know.
func InjectTime(kinds []Kind, s Step) time.Duration {
	table, err := byName(kinds)
	kind, known := table[s.Kind]
	if err != nil || !known {
		return 0
	}
	return time.Duration(max(1, s.Target.Count)) * injectTimeout(kind, s.request())
}

// injectTimeout bounds one injection; 0 means that of the Config.
func injectTimeout(kind Kind, r events.FaultInject) time.Duration {
	if slow, is := kind.(Slow); is {
		return slow.InjectTimeout(r)
	}
	return kind.Describe().InjectTimeout
}

// withGrace is the request with its grace period among the parameters, where the
// kind finds it. A parameter of that name goes first.
func withGrace(r events.FaultInject) events.FaultInject {
	if r.GracePeriod == nil {
		return r
	}
	params := map[string]json.RawMessage{}
	if len(bytes.TrimSpace(r.Params)) > 0 {
		if err := json.Unmarshal(r.Params, &params); err != nil || params == nil {
			return r // not an object, which the kind refuses
		}
	}
	if _, set := params[gracePeriod]; !set {
		params[gracePeriod] = encode(r.GracePeriod)
		r.Params = encode(params)
	}
	return r
}

// gracePeriod is the parameter that requests could name before there were Params.
const gracePeriod = "gracePeriod"

// encode writes plain data, which always encodes, as JSON.
func encode(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}
