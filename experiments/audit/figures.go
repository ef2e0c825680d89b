package audit

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// figures compares each figure with the one that is measured again: of the run, of each
// probe, and of the timeline.
func (a *Audit) figures(stored, again record.Record) {
	was, is := stored.Summary, again.Summary
	a.add(Figures, "detection", length(was.DetectionBounds, was.Detection), length(is.DetectionBounds, is.Detection))
	a.add(Figures, "recovery", length(was.RecoveryBounds, was.Recovery), length(is.RecoveryBounds, is.Recovery))
	a.add(Figures, "restored", length(was.RestoredBounds, was.Restored), length(is.RestoredBounds, is.Restored))
	a.add(Figures, "outage", length(was.OutageBounds, was.Outage), length(is.OutageBounds, is.Outage))
	a.add(Figures, "outage resolution", was.OutageResolution.String(), is.OutageResolution.String())
	a.add(Figures, "samples", strconv.Itoa(was.Samples), strconv.Itoa(is.Samples))
	a.add(Figures, "samples without a value", strconv.Itoa(was.Problems), strconv.Itoa(is.Problems))
	a.add(Figures, "victims", strconv.Itoa(was.Victims), strconv.Itoa(is.Victims))
	for i, p := range stored.Probes { // both have the same ones
		a.probe(p, again.Probes[i])
	}
	listed(a, "timeline", "mark", stored.Recovery, again.Recovery)
}

func (a *Audit) probe(was, is record.ProbeSeries) {
	of := " of " + was.Name
	a.add(Figures, "pace"+of, was.Pace.String(), is.Pace.String())
	a.add(Figures, "floor"+of, was.Floor.String(), is.Floor.String())
	a.add(Figures, "resolution"+of, was.Resolution.String(), is.Resolution.String())
	a.add(Figures, "time out"+of, length(was.Out, nil), length(is.Out, nil))
	listed(a, "outages"+of, "outage", was.Outages, is.Outages)
	listed(a, "unread times"+of, "time", was.Unread, is.Unread)
}

// length is a length of time with all its digits.
func length(b *events.Bounds, d *events.Duration) string {
	var parts []string
	switch {
	case b != nil && b.Most != nil:
		parts = append(parts, fmt.Sprintf("%s to %s", b.Least, *b.Most))
	case b != nil:
		parts = append(parts, fmt.Sprintf("at least %s", b.Least))
	}
	if d != nil && (b == nil || b.Most == nil || *d != *b.Most) {
		parts = append(parts, d.String())
	}
	if len(parts) == 0 {
		return "not measured"
	}
	return strings.Join(parts, ", ")
}

func span(d *events.Duration) *time.Duration {
	if d == nil {
		return nil
	}
	return new(d.Std())
}

func number(i int) string { return strconv.Itoa(i + 1) }

func clock(t time.Time) string { return t.UTC().Format("15:04:05.000") }
