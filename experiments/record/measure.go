package record

import (
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// Measure fills in what follows from the samples and the marks: outages, the
// timeline's own marks, the summary. It may be called again.
func (r *Record) Measure() {
	for i := range r.Probes {
		p := &r.Probes[i]
		p.Resolution = resolution(p.Samples, r.Experiment.Spec.Interval)
		_, after := SplitAt(p.Samples, r.Requested())
		p.Outages = nil
		if !r.Requested().IsZero() {
			p.Outages = p.outages(after)
		}
	}
	r.mark()
	r.Summary = r.summarize()
}

// Summary is the run in a few figures. Nil means not measured.
type Summary struct {
	// Detection is from the first accepted injection to the first bad sample.
	Detection *events.Duration `json:"detection,omitempty"`
	// Recovery is from the accepted injection until the last victim is healed, of the
	// step where it took longest.
	Recovery *events.Duration `json:"recovery,omitempty"`
	// Restored is from the last accepted injection to all probes holding for good.
	Restored *events.Duration `json:"restored,omitempty"`
	// Outage is how long some probe with "must: hold" did not hold, or any probe if
	// none of those broke; zero is a measurement, too.
	Outage *events.Duration `json:"outage,omitempty"`
	// OutageResolution is the error bar of Outage.
	OutageResolution events.Duration `json:"outageResolution,omitempty"`
	// Samples and Problems count over all probes and the whole run.
	Samples  int `json:"samples"`
	Problems int `json:"problems"`
	Victims  int `json:"victims"`
}

func (r *Record) summarize() Summary {
	var s Summary
	for _, step := range r.Steps {
		s.Victims += len(step.Victims)
		if d, ok := r.recovery(step); ok && (s.Recovery == nil || d > s.Recovery.Std()) {
			s.Recovery = duration(d)
		}
	}
	for _, p := range r.Probes {
		s.Samples += len(p.Samples)
		for _, sample := range p.Samples {
			if sample.Problem != nil {
				s.Problems++
			}
		}
	}
	if r.Injected(0).IsZero() {
		return s
	}
	s.Detection = r.detection()
	s.Restored = r.restored()
	s.Outage, s.OutageResolution = r.outage()
	return s
}

// recovery is from the step's first accepted injection until its last victim is healed;
// not ok while one is not.
func (r *Record) recovery(step Step) (time.Duration, bool) {
	healed := map[string]bool{}
	var last time.Time
	for _, m := range r.Recovery {
		if m.Proves(events.RoleHealed) && m.Step == step.Index {
			healed[m.Victim] = true
			if m.At.After(last) {
				last = m.At
			}
		}
	}
	for _, v := range step.Victims {
		if !healed[VictimID(v)] {
			return 0, false
		}
	}
	if at := r.Injected(step.Index); len(step.Victims) > 0 && !at.IsZero() {
		return last.Sub(at), true
	}
	return 0, false
}

func (r *Record) detection() *events.Duration {
	var first time.Time
	for _, p := range r.Probes {
		if len(p.Outages) > 0 && (first.IsZero() || p.Outages[0].Started.Before(first)) {
			first = p.Outages[0].Started
		}
	}
	if first.IsZero() {
		return nil
	}
	return duration(max(0, first.Sub(r.Injected(0))))
}

// restored is zero when no probe ever broke and nil when one did not come back.
func (r *Record) restored() *events.Duration {
	injected := r.InjectedBefore(time.Unix(1<<40, 0))
	var longest time.Duration
	for _, p := range r.Probes {
		if n := len(p.Samples); n == 0 || !p.Samples[n-1].Good() {
			return nil
		}
		if n := len(p.Outages); n > 0 {
			longest = max(longest, p.Outages[n-1].Ended.Sub(injected))
		}
	}
	return duration(longest)
}

// outage is the time in which some probe that must hold did not, or, if those held,
// some other probe.
func (r *Record) outage() (*events.Duration, events.Duration) {
	for _, must := range []string{spec.MustHold, spec.MustRecover} {
		var all []Outage
		for _, p := range r.Probes {
			if p.Must == must {
				all = append(all, p.Outages...)
			}
		}
		if len(all) > 0 {
			return duration(union(all)), slices.MaxFunc(all, func(a, b Outage) int { return int(a.Resolution - b.Resolution) }).Resolution
		}
	}
	for _, p := range r.Probes {
		if len(p.Samples) == 0 {
			return nil, 0
		}
	}
	return duration(0), r.coarsest()
}

func (r *Record) coarsest() events.Duration {
	var most events.Duration
	for _, p := range r.Probes {
		most = max(most, p.Resolution)
	}
	return most
}

func duration(d time.Duration) *events.Duration {
	e := events.Duration(d)
	return &e
}
