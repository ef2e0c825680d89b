package report

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/internal/html"
)

// page is everything that the HTML report shows, as text and geometry. The template
// only lays it out.
type page struct {
	html.Head

	Title, Name, Description, Subject string
	Word, Reason, Advice, Guard       string
	Look                              look
	Contradictions                    []string
	Figures                           []figure
	Probes                            []probeView
	Lanes                             []lanes
	Marks                             []markRow
	Steps                             []stepView
	Evidence                          []record.Requirement
	EvidenceMet                       int
	Asked, About, Components          []fact
	Repeat                            []string
	Notes                             []fact
	Injected                          bool
	Record                            template.URL
	File, Foot                        string
	// Home is where a server lists its runs; empty for a page on its own. Beside are
	// the other formats that it has.
	Home   string
	Beside []fact
}

// look's fields are read by the template.
func (l look) Class() string { return l.class }

// Icon names the drawing of the verdict.
func (l look) Icon() string { return l.icon }

// Meaning is the verdict in plain language.
func (l look) Meaning() string { return l.meaning }

type figure struct{ Name, Value, Error, Note string }

type fact struct{ Name, Value string }

type probeView struct {
	Name, Condition, Duty, Query, Kind, Standing, Class, Resolution string
	Plots                                                           []plot
	Problems                                                        []fact
}

type markRow struct{ Offset, Error, What, Class, About, Source, Clock string }

type stepView struct {
	Number                                int
	Kind, Target, Outcome, Reason, Advice string
	Class, Closing, Times                 string
	Residue                               []string
	Victims                               []events.Victim
	Decisions                             []events.GuardDecision
	Allowed                               int
}

// The widths for which drawings are made; the style sheet shows one of them.
const (
	wide   = 880
	narrow = 340
)

// fill puts the record into the page.
func (p *page) fill(r record.Record, raw []byte) {
	home := p.Home
	*p = page{
		Home: home, Name: cmp.Or(r.Name, "unnamed experiment"), Description: strings.TrimSpace(r.Experiment.Spec.Description),
		Subject: subject(r), Word: wordOf(r), Look: lookOf(r.Verdict.Word),
		Reason: r.Verdict.Reason, Advice: r.Verdict.Advice, Guard: r.Verdict.Guard,
		Contradictions: contradictions(r), Figures: figures(r), Evidence: r.Evidence,
		Asked: asked(r), About: about(r), Components: components(r), Repeat: repeat(r),
		File: events.Key(cmp.Or(r.Run, "run")) + ".json",
		Foot: fmt.Sprintf("Run %s, record %s, written by shakedown %s.", cmp.Or(r.Run, "without an id"), r.Schema, cmp.Or(r.Tool, "of an unknown version")),
	}
	if h := hash(r); h != "" {
		p.Foot += fmt.Sprintf(" The hash of the record is %s: report verify compares it.", h)
	}
	p.Title = fmt.Sprintf("%s: %s", p.Name, p.Word)
	p.Record = template.URL("data:application/json;base64," + base64.StdEncoding.EncodeToString(raw)) //nolint:gosec // base64 cannot break out
	for _, e := range r.Evidence {
		if e.Met {
			p.EvidenceMet++
		}
	}
	_, p.Injected = zero(r)
	for i := range r.Probes {
		p.Probes = append(p.Probes, newProbeView(r, i))
	}
	if len(r.Recovery) > 0 {
		p.Lanes = []lanes{newLanes(r, wide), newLanes(r, narrow)}
	}
	p.Marks = markRows(r)
	for _, s := range byStep(r.Steps) {
		p.Steps = append(p.Steps, newStepView(r, s))
	}
	for _, n := range r.Notes {
		p.Notes = append(p.Notes, fact{html.Clock(n.At), n.Text})
	}
	if home != "" {
		id := events.Key(cmp.Or(r.Run, "run"))
		p.Beside = []fact{{"Markdown", id + ".md"}, {"JUnit XML", id + ".xml"}, {"JSON", id + ".json"}}
	}
}

// subject is where and when, in one line.
func subject(r record.Record) string {
	where := cmp.Or(r.Environment.Name, r.Environment.Namespace)
	when := r.Started
	if when.IsZero() {
		when = r.Queued
	}
	parts := []string{"environment " + cmp.Or(where, "unknown"), html.Date(when)}
	if !r.Started.IsZero() && !r.Ended.IsZero() {
		parts = append(parts, "took "+html.Span(r.Ended.Sub(r.Started)))
	}
	return strings.Join(parts, " · ")
}

// The names of figures that may have no length.
const (
	nameOutage    = "Outage"
	nameDetection = "Detection"
	nameRestored  = "Restored"
)

// unread says whether something was injected and a probe read nothing from then on.
func unread(r record.Record) bool {
	for _, p := range r.Probes {
		if len(p.Unread) > 0 && p.Out == nil {
			return true
		}
	}
	return false
}

// figures are the run in a few numbers; what was not measured says so.
func figures(r record.Record) []figure {
	s := r.Summary
	timed := func(name string, b *events.Bounds, d *events.Duration, resolution events.Duration, note string) figure {
		f := figure{Name: name, Value: notMeasured, Note: note}
		switch {
		case b != nil:
			f.Value = between(*b)
		case d != nil:
			f.Value, f.Error = html.Span(d.Std()), strings.TrimSpace(plusMinus(resolution))
		case name == nameOutage && unread(r):
			f.Value = notRead
		case s.OutageBounds != nil && (name == nameDetection || name == nameRestored):
			f.Value = "nothing broke"
		}
		return f
	}
	coarse := resolution(r)
	samples := figure{Name: "Samples", Value: fmt.Sprint(s.Samples), Note: "all with a value"}
	if s.Problems > 0 {
		samples.Note = fmt.Sprintf("%d without a value", s.Problems)
	}
	if s.Samples == 0 {
		samples.Note = "nothing was sampled"
	}
	return []figure{
		timed("Recovery", s.RecoveryBounds, s.Recovery, 0, "injection accepted to last victim healed"),
		timed(nameOutage, s.OutageBounds, s.Outage, s.OutageResolution, "time in which the hypothesis did not hold"),
		timed(nameDetection, s.DetectionBounds, s.Detection, coarse, "injection accepted to first bad sample"),
		timed(nameRestored, s.RestoredBounds, s.Restored, coarse, "injection accepted to all probes holding for good"),
		{Name: "Victims", Value: fmt.Sprint(s.Victims), Note: html.Plural(len(r.Steps), "fault") + " asked for"},
		samples,
	}
}

// resolution is the coarsest error bar of the probes.
func resolution(r record.Record) (coarse events.Duration) {
	for _, p := range r.Probes {
		coarse = max(coarse, p.Resolution)
	}
	return coarse
}

func newProbeView(r record.Record, index int) probeView {
	p := r.Probes[index]
	v := probeView{
		Name: p.Name, Kind: p.Kind, Condition: condition(p), Duty: duty(p.Must), Query: strings.TrimSpace(p.Query),
		Resolution: "times are known to " + html.Span(p.Resolution.Std()), Problems: problems(p),
	}
	if p.Resolution <= 0 {
		v.Resolution = "the resolution is not known"
	}
	if p.Pace > 0 {
		v.Resolution += "; " + limits(p)
	}
	if p.MaxAge > 0 {
		v.Resolution += "; samples older than " + html.Span(p.MaxAge.Std()) + " do not count"
	}
	v.Standing, v.Class = standing(p)
	if len(p.Samples) > 0 {
		v.Plots = []plot{newPlot(r, index, wide), newPlot(r, index, narrow)}
	}
	return v
}

// limits is what the probe cannot see.
func limits(p record.ProbeSeries) string {
	text := "data came every " + html.Span(p.Pace.Std())
	if p.Reach > 0 {
		text += ", each value shows the last " + html.Span(p.Reach.Std())
	}
	if p.Floor > 0 {
		text += "; an outage shorter than " + html.Span(p.Floor.Std()) + " may have been missed"
	}
	if len(p.Limits) > 0 {
		text += "; allowed although it makes evidence worse: " + strings.Join(p.Limits, ", ")
	}
	if p.Clock != nil {
		text += fmt.Sprintf("; its clock was %s to %s ahead of ours", html.Span(p.Clock.Least.Std()), html.Span(p.Clock.Most.Std()))
	}
	return text
}

// problems counts why samples have no value, and says why the first that did not hold did
// not.
func problems(p record.ProbeSeries) (facts []fact) {
	counts, first := map[record.ProblemKind]int{}, map[record.ProblemKind]string{}
	for _, s := range p.Samples {
		if s.Why != "" && facts == nil {
			facts = []fact{{"first that did not hold", s.Why}}
		}
		if s.Problem == nil {
			continue
		}
		if counts[s.Problem.Kind]++; counts[s.Problem.Kind] == 1 {
			first[s.Problem.Kind] = s.Problem.Message
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		facts = append(facts, fact{fmt.Sprintf("%s in %s", cmp.Or(string(kind), "unnamed problem"), html.Plural(counts[kind], "sample")), first[kind]})
	}
	return facts
}

// markRows is the timeline as a table.
func markRows(r record.Record) (rows []markRow) {
	at, _ := zero(r)
	names := victimNames(r)
	for _, m := range marksInOrder(r.Recovery) {
		long, _ := saying(m)
		row := markRow{
			Offset: offset(m.At.Sub(at)), Error: strings.TrimSpace(plusMinus(m.Resolution)), What: long,
			Class: markClass(m), Source: source(m.Source), Clock: html.Clock(m.At),
			About: cmp.Or(m.Object, cmp.Or(names[m.Victim], m.Victim)),
		}
		if m.Source == record.SourceProbe {
			row.About = cmp.Or(m.Probe, row.About)
		} else if m.Node != "" {
			row.About += " on " + m.Node
		}
		rows = append(rows, row)
	}
	return rows
}

func newStepView(r record.Record, s record.Step) stepView {
	v := stepView{
		Number: s.Index + 1, Kind: s.Kind, Target: target(s.Target), Outcome: cmp.Or(s.Outcome, "not known"),
		Reason: s.Reason, Advice: s.Advice, Residue: s.Residue, Victims: s.Victims, Decisions: s.Decisions,
		Class: "warn",
	}
	switch s.Outcome {
	case record.OutcomeInjected:
		v.Class = "good"
	case record.OutcomeFailed:
		v.Class = "bad"
	}
	for _, d := range s.Decisions {
		if d.Allowed {
			v.Allowed++
		}
	}
	v.Times, v.Closing = stepTimes(r, s), closing(s)
	return v
}

// stepTimes tells when the step was asked for, in effect and closed.
func stepTimes(r record.Record, s record.Step) string {
	at, _ := zero(r)
	var parts []string
	for _, t := range []struct {
		name string
		at   time.Time
	}{{"asked for", s.Requested}, {"in effect", s.Injected}, {"closed", s.Closed}} {
		if !t.at.IsZero() {
			parts = append(parts, t.name+" "+offset(t.at.Sub(at)))
		}
	}
	return strings.Join(parts, ", ")
}

// closing is what chaos said when it closed the fault.
func closing(s record.Step) string {
	switch {
	case s.Outcome != record.OutcomeInjected && s.Closed.IsZero():
		return ""
	case s.Closed.IsZero():
		return "The fault was never reported closed."
	case s.Recovered:
		return "Closed; the target healed" + because(s.CloseReason)
	}
	return "Closed; the target did not heal" + because(s.CloseReason)
}

func because(reason string) string {
	if reason == "" {
		return "."
	}
	return ": " + reason
}

// target says what may be hit and how much of it.
func target(t events.FaultTarget) string {
	amount := "one victim"
	switch {
	case t.Percent > 0:
		amount = fmt.Sprintf("%d %% of all", t.Percent)
	case t.Count > 0:
		amount = html.Plural(t.Count, "victim")
	}
	if t.PerOwner > 0 {
		amount += fmt.Sprintf(", at most %d of an owner", t.PerOwner)
	}
	return amount + " with " + cmp.Or(t.Labels, "no labels")
}
