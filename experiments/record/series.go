package record

import (
	"cmp"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// ProbeSeries is one probe of the hypothesis with all that it showed.
type ProbeSeries struct {
	Name string `json:"name"`
	// Kind is that of the probe, such as "prometheus" or "ready".
	Kind string `json:"kind"`
	// Must is "hold" or "recover".
	Must string `json:"must"`
	// Query is exactly what was asked, after substitution, such as PromQL.
	Query string `json:"query"`
	// Statement is what must be true, as a sentence, where Compare and Value do not say it.
	Statement string `json:"statement,omitempty"`
	// Compare and Value are the condition. Where a sample has a wanted number, that takes
	// the place of Value, since it may change.
	Compare string  `json:"compare"`
	Value   float64 `json:"value"`
	// MaxAge is how old the newest raw sample of every selector may be; zero for a probe
	// that measures when it is asked.
	MaxAge events.Duration `json:"maxAge,omitempty"`
	// Reach is the window of the query: a value shows what was up to so long before its data.
	Reach events.Duration `json:"reach,omitempty"`
	// Scrape is how far apart raw samples come, as whoever keeps them said before the run.
	Scrape events.Duration `json:"scrape,omitempty"`
	// Limits name what was allowed although it makes evidence worse, such as "offset".
	Limits []string `json:"limits,omitempty"`
	// Clock is the clock that dates the raw samples, measured against ours; nil when it is ours.
	Clock *Clock `json:"clock,omitempty"`
	// Pace is how far apart the data came: the larger of the sampling interval and the step
	// of the raw samples that was seen.
	Pace events.Duration `json:"pace,omitempty"`
	// Floor is the shortest total outage that could not have been missed in the time that
	// was read.
	Floor events.Duration `json:"floor,omitempty"`
	// Resolution is the error bar of every time taken from this probe: its pace, or the
	// longest time between two samples, and its window.
	Resolution events.Duration `json:"resolution"`
	Samples    []Sample        `json:"samples"`
	// Outages are the stretches after the injection in which the probe did not hold, Unread
	// those of which nobody knows.
	Outages []Outage  `json:"outages,omitempty"`
	Unread  []Stretch `json:"unread,omitempty"`
	// Out is how long the service was out, over all outages and all that was not read; nil
	// when nothing was read after the injection.
	Out *events.Bounds `json:"out,omitempty"`
}

// Clock is how far another clock was ahead of ours during a run, from the least to the most
// that it may have been.
type Clock struct {
	Least events.Duration `json:"least"`
	Most  events.Duration `json:"most"`
	// Early is the lowest of what it was at most and Late the highest of what it was at least,
	// over all measurements: a clock that keeps pace with ours has Late before Early.
	Early events.Duration `json:"early"`
	Late  events.Duration `json:"late"`
}

// Ahead is a clock that was between least and most ahead of ours when it was measured.
func Ahead(least, most time.Duration) *Clock {
	l, m := events.Duration(least), events.Duration(most)
	return &Clock{Least: l, Most: m, Early: m, Late: l}
}

// Differs is by how much it differed from ours at the least, ahead or behind.
func (c Clock) Differs() time.Duration { return max(c.Late, -c.Early, 0).Std() }

// Moved is by how much it surely moved against ours.
func (c Clock) Moved() time.Duration { return max(c.Late-c.Early, 0).Std() }

// Add takes one sample in.
func (p *ProbeSeries) Add(s Sample) {
	p.Samples = append(p.Samples, s)
	p.Clock = p.Clock.with(s.Clock)
}

// with widens what is known of a clock by another measurement of it.
func (c *Clock) with(seen *Clock) *Clock {
	if c == nil || seen == nil {
		return cmp.Or(c, seen)
	}
	return &Clock{
		Least: min(c.Least, seen.Least), Most: max(c.Most, seen.Most),
		Early: min(c.Early, seen.Early), Late: max(c.Late, seen.Late),
	}
}

// Wanted is the number that the sample is compared with.
func (p ProbeSeries) Wanted(s Sample) float64 {
	if s.Wanted != nil {
		return *s.Wanted
	}
	return p.Value
}

// resolution is the larger of the pace and the longest time between two samples, where some
// were missed, and the window on top of it.
func (p ProbeSeries) resolution(interval events.Duration) events.Duration {
	coarse := p.Pace
	for i := 1; i < len(p.Samples); i++ {
		if gap := events.Duration(p.Samples[i].At.Sub(p.Samples[i-1].At)); gap > interval*3/2 {
			coarse = max(coarse, gap)
		}
	}
	return coarse + p.Reach
}
