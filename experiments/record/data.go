package record

import (
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// datum is what one sample of a probe rests on: raw data whose newest part is of a time
// between early and late, on our own clock. The value may show anything from from on: the
// window of the query, and the parts of the data that are older than the newest.
type datum struct {
	from, early, late time.Time
	// asked is when the sample was taken.
	asked time.Time
	good  bool
	// blind is the first sample without a value between the datum before and this one.
	blind  *Sample
	sample Sample
}

// same is the most by which two answers about the same raw sample may differ: its time is
// told with milliseconds.
const same = 2 * time.Millisecond

// datumOf is what the sample rests on. A kind that measures when it is asked read its value
// between the question and the answer.
func (p ProbeSeries) datumOf(s Sample) datum {
	d := datum{early: s.At, late: s.At.Add(s.Took.Std()), asked: s.At, good: s.Good(), sample: s}
	if s.Age != nil {
		newest := s.At.Add(-s.Age.Std())
		d.early, d.late = newest, newest
		if c := p.Clock; c != nil {
			d.early, d.late = newest.Add(-c.Most.Std()), newest.Add(-c.Least.Std())
		}
	}
	d.from = d.early.Add(-p.Reach.Std() - s.lag())
	return d
}

// lag is by how much a part of the data is older than the newest.
func (s Sample) lag() time.Duration {
	if s.Oldest == nil || s.Age == nil {
		return 0
	}
	return max(0, *s.Oldest-*s.Age).Std()
}

// data are the distinct data of a probe in the order of asking, and the samples without a
// value after the last of them. Samples that rest on the same raw data are one datum, but
// for those that say otherwise.
func (p ProbeSeries) data() (data []datum, blind *Sample) {
	for _, s := range p.Samples {
		if s.Value == nil || s.Problem != nil {
			if blind == nil {
				blind = &s
			}
			continue
		}
		d := p.datumOf(s)
		if n := len(data); n > 0 && blind == nil && d.good == data[n-1].good && d.same(data[n-1]) {
			continue
		}
		d.blind, blind = blind, nil
		data = append(data, d)
	}
	return data, blind
}

// same says whether two samples rest on the same raw data.
func (d datum) same(other datum) bool {
	return d.sample.Age != nil && other.sample.Age != nil && d.early.Sub(other.early).Abs() <= same
}

// count is how many distinct raw data there are in a row.
func count(data []datum) (n int) {
	for i, d := range data {
		if i == 0 || !d.same(data[i-1]) {
			n++
		}
	}
	return n
}

// Streak is a row of distinct data that hold.
type Streak struct {
	Count int
	// Span is the time from the first to the last.
	Span time.Duration
	// Broke is the sample before the row, nil when there is none.
	Broke *Sample
}

// GoodBy is the row of good data that ends with the last sample that speaks of the time up to
// t. One that was asked for before t and answered after it is left out when it is bad: nobody
// knows of which it speaks. At the zero time it is the row at the end.
func (p ProbeSeries) GoodBy(t time.Time) Streak {
	samples := p.Samples
	if !t.IsZero() {
		samples = slices.DeleteFunc(slices.Clone(samples), func(s Sample) bool {
			d := p.datumOf(s)
			return d.early.After(t) || !d.good && d.late.After(t)
		})
	}
	return p.streak(samples, func(Sample) bool { return true })
}

// After are the samples that may speak of the time after t; one without a value speaks of
// the time at which it was taken.
func (p ProbeSeries) After(t time.Time) []Sample {
	return slices.DeleteFunc(slices.Clone(p.Samples), func(s Sample) bool { return !p.datumOf(s).late.After(t) })
}

// Proves says whether the sample shows what was after t alone, so that nothing before t can
// have made it what it is.
func (p ProbeSeries) Proves(s Sample, t time.Time) bool {
	return !p.datumOf(s).from.Before(t)
}

// GoodSince is the row of good data at the end that shows nothing from before t.
func (p ProbeSeries) GoodSince(t time.Time) Streak {
	return p.streak(p.Samples, func(s Sample) bool { return p.Proves(s, t) })
}

// streak is the row of good samples at the end that count.
func (p ProbeSeries) streak(samples []Sample, counts func(Sample) bool) (row Streak) {
	i := len(samples)
	for i > 0 && samples[i-1].Good() && counts(samples[i-1]) {
		i--
	}
	if i > 0 {
		row.Broke = &samples[i-1]
	}
	data, _ := ProbeSeries{Samples: samples[i:], Clock: p.Clock, Reach: p.Reach}.data()
	if n := len(data); n > 0 {
		row.Count, row.Span = count(data), data[n-1].early.Sub(data[0].early)
	}
	return row
}

// Fresh is how many distinct raw data there are that are younger than from, and none of
// them younger than until, where that is given.
func (p ProbeSeries) Fresh(from, until time.Time) int {
	data, _ := p.data()
	return count(slices.DeleteFunc(data, func(d datum) bool {
		return !d.early.After(from) || !until.IsZero() && d.early.After(until)
	}))
}

// pace is how far apart the data of a probe come: the larger of the sampling interval and the
// time between two raw samples, which is the median of what was seen.
func (p ProbeSeries) pace(interval events.Duration) events.Duration {
	data, _ := p.data()
	var steps []time.Duration
	for i := 1; i < len(data); i++ {
		if step := data[i].early.Sub(data[i-1].early); data[i].sample.Age != nil && step > same {
			steps = append(steps, step)
		}
	}
	switch {
	case len(steps) == 0 && p.Scrape > 0:
		return max(interval, p.Scrape)
	case len(steps) == 0 && len(data) > 0 && data[0].sample.Age != nil:
		return max(interval, p.MaxAge) // the next may be so late and is young enough
	case len(steps) == 0:
		return interval
	}
	slices.Sort(steps)
	return max(interval, events.Duration(steps[len(steps)/2].Round(time.Millisecond)))
}
