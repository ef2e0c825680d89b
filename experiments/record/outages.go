package record

import (
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// Outage is a stretch in which a probe did not hold, as its samples show it: from the
// first bad one to the first good one after it. What they prove of the service is in Out
// and Back.
type Outage struct {
	Started time.Time `json:"started"`
	// Ended is zero when the run ended before the probe held again.
	Ended      time.Time       `json:"ended,omitzero"`
	Duration   events.Duration `json:"duration"`
	Resolution events.Duration `json:"resolution"`
	// Out is how long it took from the service's going out to its coming back; Back is how
	// long after the injection that was.
	Out  *events.Bounds `json:"out,omitempty"`
	Back *events.Bounds `json:"back,omitempty"`
	// Worst is the value farthest from the condition.
	Worst *float64 `json:"worst,omitempty"`
	// Samples is how many samples were bad or had a problem.
	Samples int `json:"samples"`
}

// outage is one with the times that its bounds are made of.
type outage struct {
	Outage
	// inner are the stretches in which the service was surely out, outer is the longest in
	// which it may have been.
	inner []Stretch
	outer Stretch
	// seen is when the data showed it first, which was after unseen; last is when they still
	// did.
	seen, unseen, last time.Time
}

// outages are the stretches from a bad datum to the next good one, after the injection. A
// sample without a value goes on with an outage but does not begin one: nobody knows what
// was there.
func (r reader) outages() (found []outage) {
	for i := r.after(); i < len(r.data); {
		if r.data[i].good {
			i++
			continue
		}
		end := i
		for end < len(r.data) && !r.data[end].good {
			end++
		}
		found = append(found, r.outage(i, end))
		i = end
	}
	return found
}

// outage is made of the bad data from first to before end.
func (r reader) outage(first, end int) outage {
	o := outage{Outage: Outage{Started: r.data[first].asked, Resolution: r.probe.Resolution}, seen: r.data[first].late, unseen: r.from}
	o.last, o.outer = r.data[end-1].from, Stretch{From: r.from, To: r.until}
	if first > 0 {
		o.unseen = events.Later(r.from, r.data[first-1].early)
		o.outer.From = events.Later(r.from, r.data[first-1].from)
	}
	until := r.probe.Samples[len(r.probe.Samples)-1].At
	if end < len(r.data) {
		o.Ended, until, o.outer.To = r.data[end].asked, r.data[end].asked, r.data[end].late
	}
	o.Duration = events.Duration(until.Sub(o.Started))
	for i := first; i < end; {
		last := i
		for last+1 < end && r.joined(last+1) {
			last++
		}
		if s := (Stretch{From: r.data[i].late, To: r.data[last].from}); s.Length() > 0 {
			o.inner = append(o.inner, s)
		}
		i = last + 1
	}
	r.tally(&o.Outage, until)
	return o
}

// tally counts the samples of an outage and finds the worst.
func (r reader) tally(o *Outage, until time.Time) {
	for _, s := range r.probe.Samples {
		if s.At.Before(o.Started) || s.At.After(until) || s.Good() {
			continue
		}
		o.Samples++
		o.Worst = r.probe.worst(o.Worst, s)
	}
}

// measure says how long the service was out, and when it was back after a fault that was
// sent and accepted at these times.
func (o *outage) measure(sent, accepted time.Time) {
	var most, back *time.Duration
	if !o.Ended.IsZero() {
		most, back = new(o.outer.Length()), new(o.outer.To.Sub(sent))
	}
	o.Out = bounds(union(o.inner), most)
	o.Back = bounds(o.last.Sub(accepted), back)
}

func (p ProbeSeries) worst(sofar *float64, s Sample) *float64 {
	if s.Value == nil || sofar != nil && !spec.Worse(*s.Value, *sofar, p.Compare, p.Wanted(s)) {
		return sofar
	}
	return s.Value
}

// union is the time covered by at least one stretch.
func union(all []Stretch) (sum time.Duration) {
	var until time.Time
	for _, s := range slices.SortedFunc(slices.Values(all), func(a, b Stretch) int { return a.From.Compare(b.From) }) {
		from := events.Later(s.From, until)
		if s.To.After(from) {
			sum, until = sum+s.To.Sub(from), s.To
		}
	}
	return sum
}
