package spec

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// OnReady is the one event that starts experiments.
const OnReady = "environment.ready"

// Bounds of a document. maxSamples keeps the record below what it can hold, with room
// for the waits that nobody plans.
const (
	minInterval = events.Duration(100 * time.Millisecond)
	maxInterval = events.Duration(time.Minute)
	maxSamples  = 3000
)

// Checks are what a document leaves to the kinds of probes and of faults. The zero
// value accepts whatever stands there.
type Checks struct {
	// Probes are the names of the kinds.
	Probes []string
	// Probe reports what is wrong with the part of a probe, which is that of a kind in
	// Probes. Keys are relative to the part; index is the place in the hypothesis.
	Probe func(index int, p Probe) events.Problems
	// Faults are the names of the kinds; without them a fault is left to whoever
	// injects it.
	Faults []string
	// Fault reports what is wrong with a step whose kind is among Faults. Keys are
	// relative to the step.
	Fault func(f Fault) events.Problems
}

// Validate reports everything that is wrong with the document, with its defaults filled
// in.
func (d Document) Validate(c Checks) events.Problems {
	v := &validator{checks: c}
	d = d.WithDefaults()
	v.found = d.Check(Kind)
	v.trigger(d.Spec)
	v.hypothesis(d.Spec.Hypothesis)
	v.timing(d.Spec)
	v.method(d.Spec.Method)
	return v.found
}

type validator struct {
	found  events.Problems
	checks Checks
}

func (v *validator) trigger(s Spec) {
	if s.On != "" && s.On != OnReady {
		v.found.Add("spec.on", "%q is not an event that starts experiments; use %s or leave it out", s.On, OnReady)
	}
}

func (v *validator) hypothesis(probes []Probe) {
	if len(probes) == 0 {
		v.found.Add("spec.hypothesis", "has no probe: nothing could be proved")
	}
	seen := map[string]bool{}
	for i, p := range probes {
		key := fmt.Sprintf("spec.hypothesis[%d]", i)
		if strings.TrimSpace(p.Name) == "" {
			v.found.Add(key+".name", "is empty")
		} else if seen[p.Name] {
			v.found.Add(key+".name", "%q is the name of another probe, too", p.Name)
		}
		seen[p.Name] = true
		if p.Must != MustHold && p.Must != MustRecover {
			v.found.Add(key+".must", "%q is neither %s nor %s", p.Must, MustHold, MustRecover)
		}
		v.part(key, i, p)
	}
}

func (v *validator) part(key string, index int, p Probe) {
	kinds, known := p.Kinds(), v.checks.Probes
	switch {
	case len(kinds) == 0:
		v.found.Add(key, "does not say what is measured%s", listed("; it needs one of ", known))
	case len(kinds) > 1:
		v.found.Add(key, "has both %s; make several probes of it", strings.Join(kinds, " and "))
	case v.checks.Probe == nil:
	case !slices.Contains(known, kinds[0]):
		v.found.Add(key+"."+kinds[0], "is not a kind of probe%s", listed("; there are ", known))
	default:
		v.below(key+"."+kinds[0], v.checks.Probe(index, p))
	}
}

func listed(before string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return before + strings.Join(names, ", ")
}

// below adds problems whose keys are relative to the key.
func (v *validator) below(key string, found events.Problems) {
	for _, p := range found {
		if p.Key = key + "." + p.Key; strings.HasSuffix(p.Key, ".") {
			p.Key = key
		}
		v.found = append(v.found, p)
	}
}

func (v *validator) timing(s Spec) {
	if s.Interval < minInterval || s.Interval > maxInterval {
		v.found.Add("spec.interval", "is %s, want %s to %s", s.Interval, minInterval, maxInterval)
		return
	}
	for _, d := range []struct {
		key   string
		value events.Duration
	}{{"spec.baseline.duration", s.Baseline.Duration}, {"spec.observe", s.Observe}, {"spec.recovery.budget", s.Recovery.Budget}} {
		if d.value < s.Interval {
			v.found.Add(d.key, "is %s, want at least one interval of %s", d.value, s.Interval)
		}
	}
	if s.Baseline.Grace < 0 {
		v.found.Add("spec.baseline.grace", "is %s, want more than 0s", s.Baseline.Grace)
	}
	v.atLeastOne("spec.baseline.samples", &s.Baseline.Samples)
	v.atLeastOne("spec.recovery.samples", &s.Recovery.Samples)
	if fits := s.Baseline.Duration / s.Interval; s.Baseline.Samples > 1 && events.Duration(s.Baseline.Samples) > fits {
		v.found.Add("spec.baseline.samples", "is %d, but only %d fit into %s", s.Baseline.Samples, fits, s.Baseline.Duration)
	}
	whole := float64(s.Baseline.Duration) + float64(s.Baseline.Grace) + float64(s.Observe) + float64(s.Recovery.Budget)*float64(max(1, len(s.Method)))
	for _, f := range s.Method {
		whole += float64(max(0, f.Duration))
	}
	if n := whole / float64(s.Interval) * float64(len(s.Hypothesis)); n > maxSamples {
		v.found.Add("spec.interval", "is too fine: the run could take %.0f samples, at most %d fit into a record", n, maxSamples)
	}
}

func (v *validator) method(faults []Fault) {
	if len(faults) == 0 {
		v.found.Add("spec.method", "has no fault: nothing would be tested")
	}
	for i, f := range faults {
		key := fmt.Sprintf("spec.method[%d]", i)
		if g := f.GracePeriod; g != nil && (*g < 0 || g.Std()%time.Second != 0) {
			v.found.Add(key+".gracePeriod", "is %s, want whole seconds of 0s or more", *g)
		}
		v.target(key+".target", f.Target)
		v.fault(key, f)
	}
}

// fault asks the kind of the step, where the kinds are known.
func (v *validator) fault(key string, f Fault) {
	switch known := v.checks.Faults; {
	case f.Fault == "":
		v.found.Add(key+".fault", "is missing%s", listed("; there are ", known))
	case len(known) == 0:
	case !slices.Contains(known, f.Fault):
		v.found.Add(key+".fault", "%q is not a fault; there are %s", f.Fault, strings.Join(known, ", "))
	case v.checks.Fault != nil:
		// What every file is checked for is said once.
		said := func(p events.Problem) bool {
			return slices.ContainsFunc(v.found, func(o events.Problem) bool { return o.Key == key+"."+p.Key })
		}
		v.below(key, slices.DeleteFunc(v.checks.Fault(f), said))
	}
}

func (v *validator) target(key string, t Target) {
	v.below(key, CheckSelection(t.Component, t.Labels))
	v.atLeastOne(key+".count", t.Count)
	v.atLeastOne(key+".percent", t.Percent)
	v.atLeastOne(key+".perOwner", t.PerOwner)
	if t.Percent != nil && *t.Percent > 100 {
		v.found.Add(key+".percent", "is %d, want at most 100", *t.Percent)
	}
	if t.Count != nil && t.Percent != nil {
		v.found.Add(key, "has both count and percent")
	}
}

func (v *validator) atLeastOne(key string, n *int) {
	if n != nil && *n < 1 {
		v.found.Add(key, "is %d, want at least 1", *n)
	}
}
