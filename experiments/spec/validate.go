package spec

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Bounds of a document. maxSamples keeps the record below what it can hold, with room
// for the waits that nobody plans.
const (
	maxName     = 63
	minInterval = events.Duration(100 * time.Millisecond)
	maxInterval = events.Duration(time.Minute)
	maxSamples  = 3000
	OnReady     = "environment.ready"
	faultKill   = "pod-kill"
)

// Validate reports everything that is wrong with the document; the syntax of queries
// aside, which ValidateWith checks.
func (d Document) Validate() events.Problems { return d.ValidateWith(nil) }

// ValidateWith is Validate with a check of each query, after substitution: the parser
// lives in an adapter. A nil check accepts every query.
func (d Document) ValidateWith(checkQuery func(string) error) events.Problems {
	v := &validator{checkQuery: checkQuery}
	d = d.WithDefaults()
	v.head(d)
	v.trigger(d.Spec)
	v.hypothesis(d.Spec.Hypothesis)
	v.timing(d.Spec)
	v.method(d.Spec.Method)
	return v.found
}

type validator struct {
	found      events.Problems
	checkQuery func(string) error
}

func (v *validator) add(key, format string, args ...any) {
	v.found = append(v.found, events.Problem{Key: key, Message: fmt.Sprintf(format, args...)})
}

func (v *validator) head(d Document) {
	if d.APIVersion != APIVersion {
		v.add("apiVersion", "is %q, want %q", d.APIVersion, APIVersion)
	}
	if d.Kind != Kind {
		v.add("kind", "is %q, want %q", d.Kind, Kind)
	}
	if !IsDNSLabel(d.Metadata.Name) {
		v.add("metadata.name", "%q is not a DNS label (a-z, 0-9, '-', at most %d characters)", d.Metadata.Name, maxName)
	}
}

func (v *validator) trigger(s Spec) {
	if s.On != "" && s.On != OnReady {
		v.add("spec.on", "%q is not an event that starts experiments; use %s or leave it out", s.On, OnReady)
	}
}

func (v *validator) hypothesis(probes []Probe) {
	if len(probes) == 0 {
		v.add("spec.hypothesis", "has no probe: nothing could be proved")
	}
	seen := map[string]bool{}
	for i, p := range probes {
		key := fmt.Sprintf("spec.hypothesis[%d]", i)
		if strings.TrimSpace(p.Name) == "" {
			v.add(key+".name", "is empty")
		} else if seen[p.Name] {
			v.add(key+".name", "%q is the name of another probe, too", p.Name)
		}
		seen[p.Name] = true
		if p.Must != MustHold && p.Must != MustRecover {
			v.add(key+".must", "%q is neither %s nor %s", p.Must, MustHold, MustRecover)
		}
		v.probe(key, p)
	}
}

func (v *validator) probe(key string, p Probe) {
	switch {
	case p.Prometheus != nil && p.Ready != nil:
		v.add(key, "has both prometheus and ready; make two probes of it")
	case p.Prometheus != nil:
		v.prometheus(key+".prometheus", *p.Prometheus)
	case p.Ready != nil:
		v.ready(key+".ready", *p.Ready)
	default:
		v.add(key, "has neither prometheus nor ready")
	}
}

func (v *validator) prometheus(key string, p PrometheusProbe) {
	v.query(key+".query", p.Query)
	if !slices.Contains(comparisons(), p.Compare) {
		v.add(key+".compare", "%q is not one of %s", p.Compare, strings.Join(comparisons(), " "))
	}
	switch {
	case p.Value == nil:
		v.add(key+".value", "is missing")
	case math.IsNaN(*p.Value) || math.IsInf(*p.Value, 0):
		v.add(key+".value", "is not a finite number")
	}
	if p.MaxAge <= 0 {
		v.add(key+".maxAge", "is %s, want more than 0s", p.MaxAge)
	}
}

func (v *validator) query(key, query string) {
	if strings.TrimSpace(query) == "" {
		v.add(key, "is empty")
		return
	}
	if name := unknownVariable(query); name != "" {
		v.add(key, "${%s} is not a variable; there are ${namespace}, ${environment} and ${experiment}", name)
		return
	}
	if v.checkQuery == nil {
		return
	}
	if err := v.checkQuery(Variables{Namespace: "x", Environment: "x", Experiment: "x"}.Fill(query)); err != nil {
		v.add(key, "%v", err)
	}
}

func (v *validator) ready(key string, r ReadyProbe) {
	v.selects(key, r.Component, r.Labels)
	switch {
	case r.Component != "" && r.Min != nil:
		v.add(key+".min", "goes with labels; a component must have all its wanted replicas")
	case r.Labels != "" && r.Min == nil:
		v.add(key+".min", "is missing: how many pods must be Ready?")
	case r.Min != nil && *r.Min < 1:
		v.add(key+".min", "is %d, want at least 1", *r.Min)
	}
}

func (v *validator) selects(key, component, labels string) {
	switch {
	case component != "" && labels != "":
		v.add(key, "has both component and labels")
	case component == "" && labels == "":
		v.add(key, "has neither component nor labels")
	case component != "" && !IsDNSLabel(component):
		v.add(key+".component", "%q is not a DNS label", component)
	case labels != "":
		if err := checkSelector(labels); err != nil {
			v.add(key+".labels", "%v", err)
		}
	}
}

func (v *validator) timing(s Spec) {
	if s.Interval < minInterval || s.Interval > maxInterval {
		v.add("spec.interval", "is %s, want %s to %s", s.Interval, minInterval, maxInterval)
		return
	}
	for _, d := range []struct {
		key   string
		value events.Duration
	}{{"spec.baseline.duration", s.Baseline.Duration}, {"spec.observe", s.Observe}, {"spec.recovery.budget", s.Recovery.Budget}} {
		if d.value < s.Interval {
			v.add(d.key, "is %s, want at least one interval of %s", d.value, s.Interval)
		}
	}
	v.atLeastOne("spec.baseline.samples", &s.Baseline.Samples)
	v.atLeastOne("spec.recovery.samples", &s.Recovery.Samples)
	if fits := s.Baseline.Duration / s.Interval; s.Baseline.Samples > 1 && events.Duration(s.Baseline.Samples) > fits {
		v.add("spec.baseline.samples", "is %d, but only %d fit into %s", s.Baseline.Samples, fits, s.Baseline.Duration)
	}
	whole := float64(s.Baseline.Duration) + float64(s.Observe) + float64(s.Recovery.Budget)*float64(max(1, len(s.Method)))
	if n := whole / float64(s.Interval) * float64(len(s.Hypothesis)); n > maxSamples {
		v.add("spec.interval", "is too fine: the run could take %.0f samples, at most %d fit into a record", n, maxSamples)
	}
}

func (v *validator) method(faults []Fault) {
	if len(faults) == 0 {
		v.add("spec.method", "has no fault: nothing would be tested")
	}
	for i, f := range faults {
		key := fmt.Sprintf("spec.method[%d]", i)
		if f.Fault != faultKill {
			v.add(key+".fault", "%q is not a fault; there is %s", f.Fault, faultKill)
		}
		if g := f.GracePeriod; g != nil && (*g < 0 || g.Std()%time.Second != 0) {
			v.add(key+".gracePeriod", "is %s, want whole seconds of 0s or more", *g)
		}
		v.target(key+".target", f.Target)
	}
}

func (v *validator) target(key string, t Target) {
	v.selects(key, t.Component, t.Labels)
	v.atLeastOne(key+".count", t.Count)
	v.atLeastOne(key+".percent", t.Percent)
	v.atLeastOne(key+".perOwner", t.PerOwner)
	if t.Percent != nil && *t.Percent > 100 {
		v.add(key+".percent", "is %d, want at most 100", *t.Percent)
	}
	if t.Count != nil && t.Percent != nil {
		v.add(key, "has both count and percent")
	}
}

func (v *validator) atLeastOne(key string, n *int) {
	if n != nil && *n < 1 {
		v.add(key, "is %d, want at least 1", *n)
	}
}
