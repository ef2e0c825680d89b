package monkey

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey/plan"
	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/events"
)

// Calendars reads the calendars of schedules. Whatever it cannot read is an error.
type Calendars interface {
	Closures(ctx context.Context, d spec.Document, within wall.Span) ([]plan.Closure, error)
}

// Asked is which plan is asked for.
type Asked struct {
	Document spec.Document
	// Members are all that there are, and Experiments those that cron may start.
	Members     []plan.Member
	Experiments []Experiment
	// First is the first day, of so many.
	First wall.Date
	Days  int
}

// Preview makes a plan. Errors: *events.Error of KindRefused when a calendar cannot be read,
// and of KindInvalid when something that the document names is not there.
func Preview(ctx context.Context, calendars Calendars, a Asked) (events.SchedulePlan, error) {
	d := a.Document.WithDefaults()
	planner, err := open(ctx, calendars, d, a.First, a.Days)
	if err != nil {
		return events.SchedulePlan{}, err
	}
	out := events.SchedulePlan{Schedule: d.Metadata.Name, Hash: planner.Hash(), TimeZone: d.Spec.TimeZone}
	var groups []plan.Group
	var names []string
	if d.Spec.Monkey == nil {
		names, err = started(d, a.Experiments)
	} else {
		out.Chance = plan.Chance(*d.Spec.Monkey)
		groups = grouped(&out, d, a.Members)
	}
	if err == nil {
		err = plan.OneProject(d, a.Members)
	}
	if err != nil {
		return events.SchedulePlan{}, err
	}
	for _, day := range planner.Days(a.First, a.First+wall.Date(a.Days-1), groups) {
		out.Days = append(out.Days, published(d.Metadata.Name, day, names))
	}
	return out, nil
}

// open reads the calendars and makes the planner.
func open(ctx context.Context, calendars Calendars, d spec.Document, first wall.Date, days int) (*plan.Planner, error) {
	zone, err := wall.Zone(d.Spec.TimeZone)
	if err != nil {
		return nil, err
	}
	within := wall.Span{From: (first - plan.Reach).Begins(zone), To: (first + wall.Date(days) + 2).Begins(zone)}
	closed, err := calendars.Closures(ctx, d, within)
	if err != nil {
		return nil, events.Errorf(events.KindRefused, "see that the calendar can be read, or take it out of the schedule",
			"schedule %s starts nothing while one of its calendars cannot be read: %w", d.Metadata.Name, err)
	}
	return plan.New(d, closed)
}

// grouped sorts the members into groups and says who is left out.
func grouped(out *events.SchedulePlan, d spec.Document, members []plan.Member) []plan.Group {
	groups, left := plan.Groups(d, members)
	for _, g := range groups {
		out.Groups = append(out.Groups, events.PlanGroup(g))
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		out.Left = append(out.Left, events.PlanLeft{Member: name, Why: left[name]})
	}
	return groups
}

// started are the names of the experiments that cron starts, in the order of the document
// and then of their names. Errors name those that are not there.
func started(d spec.Document, experiments []Experiment) ([]string, error) {
	var names []string
	var problems events.Problems
	for i, name := range d.Spec.Experiments {
		known := slices.ContainsFunc(experiments, func(e Experiment) bool { return e.Name == name })
		problems.Check(known, fmt.Sprintf("spec.experiments[%d]", i), "there is no experiment %s", name)
		names = append(names, name)
	}
	for i, suite := range d.Spec.Suites {
		of := suiteOf(suite, experiments)
		problems.Check(len(of) > 0, fmt.Sprintf("spec.suites[%d]", i), "no experiment has the label %s=%s", spec.LabelSuite, suite)
		names = append(names, of...)
	}
	if len(problems) > 0 {
		return nil, events.Errorf(events.KindInvalid, "a server reads experiments from --specs, and a command from its -f",
			"schedule %s: %w", d.Metadata.Name, problems)
	}
	return unique(names), nil
}

func suiteOf(suite string, experiments []Experiment) []string {
	var names []string
	for _, e := range experiments {
		if e.Labels[spec.LabelSuite] == suite {
			names = append(names, e.Name)
		}
	}
	slices.Sort(names)
	return names
}

func unique(names []string) []string {
	var out []string
	for _, n := range names {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// published is a day of a plan as others see it.
func published(schedule string, day plan.Day, experiments []string) events.PlanDay {
	out := events.PlanDay{Date: day.Date.String(), Why: day.Why}
	for _, o := range day.Open {
		out.Open = append(out.Open, events.PlanSpan(o))
	}
	for _, s := range day.Starts {
		start := events.PlanStart{
			ID: s.ID, Schedule: schedule, At: s.At.Truncate(time.Second), Group: s.Group, Member: s.Member,
			Seed: s.Seed, Note: s.Note, Experiments: experiments,
		}
		if s.Fault != nil {
			start.Fault = s.Fault.Fault
		}
		out.Starts = append(out.Starts, start)
	}
	return out
}
