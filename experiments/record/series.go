package record

import (
	"slices"
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
	// Resolution is the error bar of every time taken from this probe: the larger of
	// the sampling interval and the scrape interval that was seen.
	Resolution events.Duration `json:"resolution"`
	Samples    []Sample        `json:"samples"`
	// Outages are the stretches after the injection in which the probe did not hold.
	Outages []Outage `json:"outages,omitempty"`
}

// Wanted is the number that the sample is compared with.
func (p ProbeSeries) Wanted(s Sample) float64 {
	if s.Wanted != nil {
		return *s.Wanted
	}
	return p.Value
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
