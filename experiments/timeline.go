package experiments

import (
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// measure fills in what follows from the samples and the marks: outages, the
// timeline's own marks, the summary. It may be called again.
func (r *Record) measure() {
	for i := range r.Probes {
		p := &r.Probes[i]
		p.Resolution = resolution(p.Samples, r.Experiment.Spec.Interval)
		_, after := splitAt(p.Samples, r.requested())
		p.Outages = nil
		if !r.requested().IsZero() {
			p.Outages = p.outages(after)
		}
	}
	r.mark()
	r.Summary = r.summarize()
}

// resolution is the largest of the sampling interval, the longest time between two
// samples, where some were missed, and the scrape interval, which is the median step of
// the newest raw samples.
func resolution(samples []Sample, interval events.Duration) events.Duration {
	var steps []time.Duration
	var last time.Time
	coarse := interval
	for i, s := range samples {
		if i > 0 {
			if gap := events.Duration(s.At.Sub(samples[i-1].At)); gap > interval*3/2 {
				coarse = max(coarse, gap)
			}
		}
		if s.Age == nil {
			continue
		}
		newest := s.At.Add(-s.Age.Std())
		if step := newest.Sub(last); !last.IsZero() && step > time.Millisecond {
			steps = append(steps, step)
		}
		last = newest
	}
	if len(steps) == 0 {
		return coarse
	}
	slices.Sort(steps)
	return max(coarse, events.Duration(steps[len(steps)/2].Round(time.Millisecond)))
}

// outages are the stretches from a bad sample to the next good one. A problem goes on
// with an outage but does not begin one: nobody knows what was there.
func (p ProbeSeries) outages(samples []Sample) []Outage {
	var out []Outage
	var open *Outage
	for _, s := range samples {
		switch {
		case s.good() && open != nil:
			open.Ended = s.At
			open.Duration = events.Duration(s.At.Sub(open.Started))
			out, open = append(out, *open), nil
		case s.bad() && open == nil:
			open = &Outage{Started: s.At, Resolution: p.Resolution}
			fallthrough
		case open != nil:
			open.Samples++
			open.Duration = events.Duration(s.At.Sub(open.Started))
			open.Worst = p.worst(open.Worst, s)
		}
	}
	if open != nil {
		out = append(out, *open)
	}
	return out
}

func (p ProbeSeries) worst(sofar *float64, s Sample) *float64 {
	if s.Value == nil || sofar != nil && !worse(*s.Value, *sofar, p.Compare, p.wanted(s)) {
		return sofar
	}
	return s.Value
}

func (s Sample) good() bool { return s.OK && s.Value != nil && s.Problem == nil }
func (s Sample) bad() bool  { return !s.OK && s.Value != nil && s.Problem == nil }

// mark puts the probes' marks beside those of the watch and sorts them by time.
func (r *Record) mark() {
	r.Recovery = slices.DeleteFunc(r.Recovery, func(m Mark) bool { return m.Source == SourceProbe })
	for _, p := range r.Probes {
		for _, o := range p.Outages {
			r.Recovery = append(r.Recovery, r.probeMark(p, MarkFirstBad, o.Started))
			if !o.Ended.IsZero() {
				r.Recovery = append(r.Recovery, r.probeMark(p, MarkSLIBack, o.Ended))
			}
		}
	}
	for i := range r.Recovery {
		m := &r.Recovery[i]
		if at := r.injected(m.Step); !at.IsZero() {
			m.After = events.Duration(m.At.Sub(at))
		}
	}
	slices.SortStableFunc(r.Recovery, func(a, b Mark) int { return a.At.Compare(b.At) })
}

func (r *Record) probeMark(p ProbeSeries, mark string, at time.Time) Mark {
	return Mark{Mark: mark, At: at, Step: r.stepAt(at), Source: SourceProbe, Resolution: p.Resolution, Probe: p.Name}
}

// stepAt is the index of the latest step injected by t.
func (r *Record) stepAt(t time.Time) int {
	at := 0
	for i := range r.Steps {
		if in := r.injected(i); !in.IsZero() && !in.After(t) {
			at = i
		}
	}
	return at
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
	if r.injected(0).IsZero() {
		return s
	}
	s.Detection = r.detection()
	s.Restored = r.restored()
	s.Outage, s.OutageResolution = r.outage()
	return s
}

// recovery is from the step's first accepted kill to its last replacement's readiness;
// not ok while a victim has no Ready replacement.
func (r *Record) recovery(step Step) (time.Duration, bool) {
	ready := map[string]bool{}
	var last time.Time
	for _, m := range r.Recovery {
		if m.Mark == events.MarkReplacementReady && m.Step == step.Index {
			ready[m.Victim] = true
			if m.At.After(last) {
				last = m.At
			}
		}
	}
	for _, v := range step.Victims {
		if !ready[v.UID] {
			return 0, false
		}
	}
	if at := r.injected(step.Index); len(step.Victims) > 0 && !at.IsZero() {
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
	return duration(max(0, first.Sub(r.injected(0))))
}

// restored is zero when no probe ever broke and nil when one did not come back.
func (r *Record) restored() *events.Duration {
	injected := r.injectedBefore(time.Unix(1<<40, 0))
	var longest time.Duration
	for _, p := range r.Probes {
		if n := len(p.Samples); n == 0 || !p.Samples[n-1].good() {
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
	for _, must := range []string{MustHold, MustRecover} {
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

// union is the time covered by at least one outage.
func union(all []Outage) time.Duration {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Outage) int { return a.Started.Compare(b.Started) })
	var sum time.Duration
	var until time.Time
	for _, o := range all {
		from, to := o.Started, o.Started.Add(o.Duration.Std())
		if from.Before(until) {
			from = until
		}
		if to.After(from) {
			sum += to.Sub(from)
			until = to
		}
	}
	return sum
}

func duration(d time.Duration) *events.Duration {
	e := events.Duration(d)
	return &e
}
