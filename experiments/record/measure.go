package record

import (
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// Measure fills in what follows from the samples and the marks: outages, what was not read,
// the timeline's own marks, the summary. It may be called again.
func (r *Record) Measure() {
	found := make([][]outage, len(r.Probes))
	for i := range r.Probes {
		found[i] = r.measure(&r.Probes[i])
	}
	r.mark()
	r.Summary = r.summarize(found)
}

func (r *Record) measure(p *ProbeSeries) (found []outage) {
	interval := r.Experiment.Spec.Interval
	p.Pace = p.pace(interval)
	p.Resolution = p.resolution(interval)
	p.Floor, p.Outages, p.Unread, p.Out = 0, nil, nil, nil
	if r.Requested().IsZero() {
		return nil
	}
	read := r.reader(*p, r.Sent(0))
	p.Floor, p.Unread = events.Duration(read.floor()), read.unread()
	found = read.outages()
	for i := range found {
		o := &found[i]
		step := r.stepAt(o.seen)
		o.measure(r.Sent(step), r.SentBy(step))
		p.Outages = append(p.Outages, o.Outage)
	}
	p.Out = read.out(found)
	return found
}

// out is how long the service was out; nil when nothing was read.
func (r reader) out(found []outage) *events.Bounds {
	if r.after() == len(r.data) {
		return nil
	}
	inner, outer, ended := parts(found)
	for _, s := range r.unread() {
		outer, ended = append(outer, s), ended && s.To.Before(r.until)
	}
	if !ended {
		return bounds(union(inner), nil)
	}
	return bounds(union(inner), new(max(union(outer), r.floor())))
}

// parts are the stretches of all outages, and whether all of them ended.
func parts(found []outage) (inner, outer []Stretch, ended bool) {
	ended = true
	for _, o := range found {
		inner, outer = append(inner, o.inner...), append(outer, o.outer)
		ended = ended && !o.Ended.IsZero()
	}
	return inner, outer, ended
}

// Summary is the run in a few figures, each between its best and its worst case. Nil means
// not measured. Records from before there were bounds have lengths alone; those of a newer
// one are the worst case, where that is known.
type Summary struct {
	// Detection is from the first accepted injection to the first bad datum.
	Detection       *events.Duration `json:"detection,omitempty"`
	DetectionBounds *events.Bounds   `json:"detectionBounds,omitempty"`
	// Recovery is from the injection until the last victim is healed, of the step where it
	// took longest.
	Recovery       *events.Duration `json:"recovery,omitempty"`
	RecoveryBounds *events.Bounds   `json:"recoveryBounds,omitempty"`
	// Restored is from the last injection to all probes holding for good.
	Restored       *events.Duration `json:"restored,omitempty"`
	RestoredBounds *events.Bounds   `json:"restoredBounds,omitempty"`
	// Outage is how long some probe with "must: hold" did not hold, or any probe if
	// none of those broke.
	Outage       *events.Duration `json:"outage,omitempty"`
	OutageBounds *events.Bounds   `json:"outageBounds,omitempty"`
	// OutageResolution is the error bar of Outage where it has no bounds.
	OutageResolution events.Duration `json:"outageResolution,omitempty"`
	// Samples and Problems count over all probes and the whole run.
	Samples  int `json:"samples"`
	Problems int `json:"problems"`
	Victims  int `json:"victims"`
}

func (r *Record) summarize(found [][]outage) Summary {
	var s Summary
	for _, step := range r.Steps {
		s.Victims += len(step.Victims)
		if b := r.recovery(step); b != nil {
			if s.RecoveryBounds == nil {
				s.RecoveryBounds = b
			}
			s.RecoveryBounds = longest(s.RecoveryBounds, b)
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
	if !r.Injected(0).IsZero() {
		s.DetectionBounds, s.RestoredBounds, s.OutageBounds = r.detection(found), r.restored(found), r.outage(found)
	}
	s.Detection, s.Recovery, s.Restored, s.Outage = worst(s.DetectionBounds), worst(s.RecoveryBounds), worst(s.RestoredBounds), worst(s.OutageBounds)
	return s
}

// worst is the worst case where there is one.
func worst(b *events.Bounds) *events.Duration {
	if b == nil {
		return nil
	}
	return b.Most
}

// recovery is from the step's injection until its last victim is healed; nil while one is
// not.
func (r *Record) recovery(step Step) *events.Bounds {
	healed := map[string]bool{}
	var least, most time.Time
	for _, m := range r.Recovery {
		if m.Proves(events.RoleHealed) && m.Step == step.Index {
			healed[m.Victim] = true
			least, most = events.Later(least, m.At.Add(-m.Resolution.Std())), events.Later(most, m.by())
		}
	}
	for _, v := range step.Victims {
		if !healed[VictimID(v)] {
			return nil
		}
	}
	if at := r.SentBy(step.Index); len(step.Victims) > 0 && !at.IsZero() {
		return bounds(least.Sub(at), new(most.Sub(r.Sent(step.Index))))
	}
	return nil
}

// detection is nil when no probe broke.
func (r *Record) detection(found [][]outage) *events.Bounds {
	var first *outage
	for _, all := range found {
		if len(all) > 0 && (first == nil || all[0].seen.Before(first.seen)) {
			first = &all[0]
		}
	}
	if first == nil {
		return nil
	}
	return bounds(first.unseen.Sub(r.SentBy(0)), new(first.seen.Sub(r.Sent(0))))
}

// restored is nil when no probe ever broke, and without an end while one is not back.
func (r *Record) restored(found [][]outage) (all *events.Bounds) {
	step := r.stepAt(r.Judged())
	for _, outages := range found {
		if n := len(outages); n > 0 {
			o := outages[n-1]
			o.measure(r.Sent(step), r.SentBy(step))
			if all == nil {
				all = o.Back
			}
			all = longest(all, o.Back)
		}
	}
	return all
}

// outage is the time in which some probe that must hold did not, or, if those held,
// some other probe. It is nil where one of them was not read at all.
func (r *Record) outage(found [][]outage) *events.Bounds {
	for _, must := range []string{spec.MustHold, spec.MustRecover} {
		var inner, outer []Stretch
		var all *events.Bounds
		broke := false
		for i, p := range r.Probes {
			if p.Must != must || p.Out == nil {
				continue
			}
			in, out, _ := parts(found[i])
			inner, outer, broke = append(inner, in...), slices.Concat(outer, out, p.Unread), broke || len(out) > 0
			if all == nil {
				all = p.Out
			}
			all = longest(all, p.Out)
		}
		if !broke {
			continue
		}
		if all.Most == nil {
			return bounds(union(inner), nil)
		}
		return bounds(union(inner), new(max(union(outer), all.Most.Std())))
	}
	return r.unbroken()
}

// unbroken is the outage that may have been missed where no probe broke.
func (r *Record) unbroken() (all *events.Bounds) {
	for i, p := range r.Probes {
		if i == 0 {
			all = p.Out
		}
		all = longest(all, p.Out)
	}
	return all
}

func duration(d time.Duration) *events.Duration {
	e := events.Duration(d)
	return &e
}
