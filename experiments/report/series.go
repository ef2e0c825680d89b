package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
	"github.com/shakedown-dev/shakedown/internal/html"
)

// zero is the time from which offsets count: the first injection, or the beginning of
// a run that injected nothing.
func zero(r record.Record) (at time.Time, injected bool) {
	for _, s := range r.Steps {
		if !s.Injected.IsZero() && (at.IsZero() || s.Injected.Before(at)) {
			at, injected = s.Injected, true
		}
	}
	for _, m := range r.Recovery {
		if m.Proves(events.RoleSent) && !m.At.IsZero() && (at.IsZero() || m.At.Before(at)) {
			at, injected = m.At, true
		}
	}
	if injected {
		return at, true
	}
	if !r.Started.IsZero() {
		return r.Started, false
	}
	return r.Queued, false
}

// extent is the stretch of time that drawings show. It is never empty.
func extent(r record.Record) (from, to time.Time) {
	include := func(at time.Time) {
		if at.IsZero() {
			return
		}
		if from.IsZero() || at.Before(from) {
			from = at
		}
		if to.IsZero() || at.After(to) {
			to = at
		}
	}
	for _, p := range r.Probes {
		for _, s := range p.Samples {
			include(s.At)
		}
	}
	for _, m := range r.Recovery {
		include(m.At)
	}
	for _, s := range r.Steps {
		include(s.Injected)
	}
	if !to.After(from) {
		to = from.Add(time.Second)
	}
	return from, to
}

// sorted is the samples, oldest first.
func sorted(samples []record.Sample) []record.Sample {
	return slices.SortedStableFunc(slices.Values(samples), func(a, b record.Sample) int { return a.At.Compare(b.At) })
}

// marksInOrder is the timeline, oldest first.
func marksInOrder(marks []record.Mark) []record.Mark {
	return slices.SortedStableFunc(slices.Values(marks), func(a, b record.Mark) int { return a.At.Compare(b.At) })
}

// recoveries are the stretches from an injection to the last mark of its recovery, or to
// the end of the run for one that did not recover.
func recoveries(r record.Record) (spans []stretch) {
	_, end := extent(r)
	for _, s := range r.Steps {
		if s.Injected.IsZero() {
			continue
		}
		until := time.Time{}
		for _, m := range r.Recovery {
			healed := m.Proves(events.RoleHealed) || m.Mark == record.MarkSLIBack
			if m.Step == s.Index && healed && m.At.After(until) {
				until = m.At
			}
		}
		if until.Before(s.Injected) || !s.Recovered {
			until = end
		}
		spans = append(spans, stretch{from: s.Injected, to: until})
	}
	return spans
}

// stretch is a span of time in a drawing.
type stretch struct{ from, to time.Time }

// outages of a probe; one that never ended goes on to the end of the drawing.
func outages(p record.ProbeSeries, end time.Time) (spans []stretch) {
	for _, o := range p.Outages {
		until := o.Ended
		if until.IsZero() {
			until = end
		}
		spans = append(spans, stretch{from: o.Started, to: until})
	}
	return spans
}

// standing is what a probe showed, in one sentence.
func standing(p record.ProbeSeries) (text, class string) {
	good, bad, unreadable := count(p)
	switch {
	case len(p.Samples) == 0:
		return "never sampled", "muted"
	case good+bad == 0:
		return fmt.Sprintf("no value in any of %s", html.Plural(len(p.Samples), "sample")), "warn"
	}
	text, class = fmt.Sprintf("held in all of %s", html.Plural(good, "sample")), "good"
	if bad > 0 {
		text, class = fmt.Sprintf("did not hold in %d of %s", bad, html.Plural(len(p.Samples), "sample")), "bad"
		if p.Must == spec.MustRecover && isBack(p) {
			class = "warn"
		}
	} else if unreadable > 0 {
		text, class = fmt.Sprintf("held in %d of %s", good, html.Plural(len(p.Samples), "sample")), "warn"
	}
	if unreadable > 0 {
		text += fmt.Sprintf(", %d without a value", unreadable)
	}
	return text + outageText(p), class
}

// isBack says whether the last sample of a probe holds.
func isBack(p record.ProbeSeries) bool {
	samples := sorted(p.Samples)
	return len(samples) > 0 && samples[len(samples)-1].OK
}

// outageText adds up the outages of a probe.
func outageText(p record.ProbeSeries) string {
	switch {
	case len(p.Outages) == 0 && len(p.Unread) > 0:
		var sum time.Duration
		for _, s := range p.Unread {
			sum += s.Length()
		}
		return "; not read for " + html.Span(sum)
	case len(p.Outages) == 0 && p.Floor > 0:
		return "; no outage longer than " + html.Span(p.Floor.Std())
	case len(p.Outages) == 0:
		return ""
	}
	var sum, resolution time.Duration
	open := false
	for _, o := range p.Outages {
		sum += o.Duration.Std()
		resolution = max(resolution, o.Resolution.Std())
		open = open || o.Ended.IsZero()
	}
	text := "; out for " + html.Span(sum) + plusMinus(events.Duration(resolution))
	if p.Out != nil {
		text = "; out for " + between(*p.Out)
	}
	if open {
		text += ", not back by the end"
	}
	return text
}

// count sorts the samples of a probe.
func count(p record.ProbeSeries) (good, bad, unreadable int) {
	for _, s := range p.Samples {
		switch {
		case s.Value == nil || s.Problem != nil:
			unreadable++
		case s.OK:
			good++
		default:
			bad++
		}
	}
	return good, bad, unreadable
}

// victimNames maps the UIDs of victims to the names of their pods.
func victimNames(r record.Record) map[string]string {
	names := map[string]string{}
	for _, s := range r.Steps {
		for _, v := range s.Victims {
			names[record.VictimID(v)] = v.Name
		}
	}
	return names
}

// byStep orders steps as the method has them.
func byStep(steps []record.Step) []record.Step {
	return slices.SortedStableFunc(slices.Values(steps), func(a, b record.Step) int { return cmp.Compare(a.Index, b.Index) })
}
