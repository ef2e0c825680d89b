package record

import (
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// Stretch is a time that nobody read: between two data that are too far apart, or around
// samples without a value.
type Stretch struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Problem is why there is no value, nil where no sample was taken.
	Problem *ProbeProblem `json:"problem,omitempty"`
}

// Length is how long it is.
func (s Stretch) Length() time.Duration { return s.To.Sub(s.From) }

// shortestLimit is the least time between two data that counts as read, however short the
// interval: a busy machine may miss some beats of a fast probe.
const shortestLimit = 2 * time.Second

// limit is the most time between two data of a probe that counts as read: a datum is seen
// up to one interval after it is there, and clocks have some jitter. Where a value is made of
// a window, windows that touch leave nothing out.
func (p ProbeSeries) limit(interval events.Duration) time.Duration {
	apart := (p.Pace + interval).Std()
	return max(apart+apart/4, p.Reach.Std(), shortestLimit)
}

// reader finds out what was read of a probe, and what was not.
type reader struct {
	probe ProbeSeries
	// from and until bound the time that matters; limit is the most between two data.
	from, until time.Time
	limit       time.Duration
	data        []datum
	end         *Sample
}

func (r *Record) reader(p ProbeSeries, from time.Time) reader {
	out := reader{probe: p, from: from, until: r.Judged(), limit: p.limit(r.Experiment.Spec.Interval)}
	out.data, out.end = p.data()
	return out
}

// after is the index of the first datum that may speak of the time after from.
func (r reader) after() int {
	for i, d := range r.data {
		if d.late.After(r.from) {
			return i
		}
	}
	return len(r.data)
}

// joined says whether the time between a datum and the one before it was read. A probe that
// may break is read beside a sample without a value, too, when its data are close enough.
func (r reader) joined(i int) bool {
	return r.gap(i) <= r.limit && (r.data[i].blind == nil || r.probe.Must == spec.MustRecover)
}

// gap is the most that may lie between a datum and the one before it.
func (r reader) gap(i int) time.Duration {
	if i == 0 {
		return r.data[0].late.Sub(r.from)
	}
	return r.data[i].late.Sub(r.data[i-1].early)
}

// unread are the stretches that nobody read, in order.
func (r reader) unread() (found []Stretch) {
	last := r.from
	for i := r.after(); i < len(r.data); i++ {
		if !r.joined(i) {
			found = append(found, r.stretch(i, r.data[i].late, r.data[i].blind))
		}
	}
	if n := len(r.data); n > 0 {
		last = r.data[n-1].early
	}
	if blind := r.end != nil && r.probe.Must != spec.MustRecover; blind || r.until.Sub(last) > r.limit {
		found = append(found, r.stretch(len(r.data), r.until, r.end))
	}
	return found
}

// stretch is what was not read before the datum with the index.
func (r reader) stretch(i int, to time.Time, blind *Sample) Stretch {
	s := Stretch{From: r.from, To: to}
	if i > 0 {
		s.From = events.Later(r.from, r.data[i-1].early)
	}
	if blind != nil {
		s.Problem = blind.Problem
		s.To = events.Later(s.To, blind.At)
	}
	return s
}

// widest is the longest time between two data that counted as read.
func (r reader) widest() (most time.Duration) {
	for i := r.after(); i < len(r.data); i++ {
		if i > 0 && r.joined(i) {
			most = max(most, r.gap(i))
		}
	}
	if n := len(r.data); n > 0 {
		if end := r.until.Sub(r.data[n-1].early); end <= r.limit {
			most = max(most, end)
		}
	}
	return most
}

// floor is the shortest total outage that could not have been missed in the time that was
// read: the longest time between two data, and the window that an outage has to fill.
func (r reader) floor() time.Duration {
	return max(r.widest(), r.probe.Pace.Std()) + r.probe.Reach.Std() + r.probe.lag()
}

// Step is how far apart the data come, as far as was seen.
func (p ProbeSeries) Step(interval events.Duration) events.Duration { return p.pace(interval) }

// Expected is the floor of the probe at the pace that was seen.
func (p ProbeSeries) Expected(interval events.Duration) time.Duration {
	return (p.pace(interval) + p.Reach).Std() + p.lag()
}

// lag is the most by which a part of the data was older than the newest.
func (p ProbeSeries) lag() (most time.Duration) {
	for _, s := range p.Samples {
		most = max(most, s.lag())
	}
	return most
}
