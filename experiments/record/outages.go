package record

import (
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// Outage is a stretch in which a probe did not hold: from its first bad sample to
// the first good one after it. Both ends are known to Resolution only.
type Outage struct {
	Started time.Time `json:"started"`
	// Ended is zero when the run ended before the probe held again.
	Ended      time.Time       `json:"ended,omitzero"`
	Duration   events.Duration `json:"duration"`
	Resolution events.Duration `json:"resolution"`
	// Worst is the value farthest from the condition.
	Worst *float64 `json:"worst,omitempty"`
	// Samples is how many samples were bad or had a problem.
	Samples int `json:"samples"`
}

// outages are the stretches from a bad sample to the next good one. A problem goes on
// with an outage but does not begin one: nobody knows what was there.
func (p ProbeSeries) outages(samples []Sample) []Outage {
	var out []Outage
	var open *Outage
	for _, s := range samples {
		switch {
		case s.Good() && open != nil:
			open.Ended = s.At
			open.Duration = events.Duration(s.At.Sub(open.Started))
			out, open = append(out, *open), nil
		case s.Bad() && open == nil:
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
	if s.Value == nil || sofar != nil && !spec.Worse(*s.Value, *sofar, p.Compare, p.Wanted(s)) {
		return sofar
	}
	return s.Value
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
