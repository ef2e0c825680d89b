package prom

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/shakedown-dev/shakedown/experiments/record"
)

// memory is how far back it is looked for series that are gone.
const memory = 24 * time.Hour

// reason says why a query has no value, from what Prometheus knows of its series: there was
// never such a series, it is gone, its window is too short, or a filter leaves nothing. It is
// the problem given where nothing better is found.
func (c *Client) reason(ctx context.Context, s shape, at time.Time, problem *record.ProbeProblem) *record.ProbeProblem {
	for _, selector := range s.selectors {
		found, ok := c.present(ctx, selector, at)
		switch {
		case !ok:
			return problem
		case !found:
			return problemf(record.ProblemNoData, "%s has no series, and had none in the last %s", selector, memory)
		}
		times, ok := c.times(ctx, selector, at)
		switch {
		case !ok:
			return problem
		case len(times) == 0:
			return problemf(record.ProblemGone, "%s had series, and none has a sample of the last %s", selector, window)
		}
		last, step := times[len(times)-1], median(times)
		if age := at.Sub(last); step > 0 && age > 3*step {
			return problemf(record.ProblemGone, "%s had its last sample at %s, %s before: samples came every %s",
				selector, last.UTC().Format("15:04:05.000"), age.Round(10*time.Millisecond), step)
		}
		if short := s.shortest(); short > 0 && step > 0 && short < 2*step {
			return problemf(record.ProblemWindow, "the window of %s holds less than two samples of %s: they come every %s", short, selector, step)
		}
	}
	if problem.Kind != record.ProblemNoData {
		return problem
	}
	return problemf(record.ProblemNothingLeft, "%s has current samples, and the rest of the query leaves nothing of them", strings.Join(s.selectors, " and "))
}

// shortest is the shortest window of the query, 0 when there is none.
func (s shape) shortest() time.Duration {
	if len(s.windows) == 0 {
		return 0
	}
	return slices.Min(s.windows)
}

// present says whether a selector has had a series; not ok when nobody says.
func (c *Client) present(ctx context.Context, selector string, at time.Time) (found, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	series, _, _, err := c.api.Series(ctx, []string{selector}, at.Add(-memory), at, v1.WithLimit(1))
	return len(series) > 0, err == nil
}

// window is how far back raw samples are read.
const window = 10 * time.Minute

// times are those of the raw samples of the newest series of a selector, the oldest first; not
// ok when nobody says.
func (c *Client) times(ctx context.Context, selector string, at time.Time) (times []time.Time, ok bool) {
	answer, problem := c.instant(ctx, fmt.Sprintf("topk(1, count_over_time(%s[%dm]))", selector, int(window.Minutes())), at)
	vector, is := answer.(model.Vector)
	if problem != nil || !is {
		return nil, false
	}
	if len(vector) == 0 {
		return nil, true
	}
	answer, problem = c.instant(ctx, fmt.Sprintf("%s[%dm]", exactly(selector, vector[0].Metric), int(window.Minutes())), at)
	matrix, is := answer.(model.Matrix)
	if problem != nil || !is {
		return nil, false
	}
	if len(matrix) > 0 {
		for _, sample := range matrix[0].Values {
			times = append(times, sample.Timestamp.Time())
		}
	}
	return times, true
}

// exactly is the selector narrowed to one series.
func exactly(selector string, labels model.Metric) string {
	var parts []string
	for name, value := range labels {
		if name != model.MetricNameLabel {
			parts = append(parts, fmt.Sprintf("%s=%q", name, string(value)))
		}
	}
	slices.Sort(parts)
	before, has := strings.CutSuffix(selector, "}")
	if !has {
		return selector + "{" + strings.Join(parts, ",") + "}"
	}
	if !strings.HasSuffix(before, "{") && len(parts) > 0 {
		before += ","
	}
	return before + strings.Join(parts, ",") + "}"
}

// median is the usual time between two samples, 0 when there are too few.
func median(times []time.Time) time.Duration {
	var steps []time.Duration
	for i := 1; i < len(times); i++ {
		steps = append(steps, times[i].Sub(times[i-1]))
	}
	if len(steps) == 0 {
		return 0
	}
	slices.Sort(steps)
	return steps[len(steps)/2].Round(100 * time.Millisecond)
}
