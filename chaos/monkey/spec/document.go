package spec

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/events"
)

// Kind is that of every schedule document.
const Kind = "Schedule"

// Document is a Schedule as a team keeps it in git.
type Document struct {
	events.Header
	Spec Spec `json:"spec" jsonschema:"required"`
}

// Spec says when something starts, where, and what: by Monkey or by Cron.
type Spec struct {
	Description string `json:"description,omitempty"`
	// TimeZone is that of all dates and times in the document.
	TimeZone     string       `json:"timeZone" jsonschema:"required,description=IANA name such as Europe/Berlin; all dates and times here are those of its clock"`
	Environments Environments `json:"environments" jsonschema:"required,description=where things start; at least one of its fields is needed"`

	Monkey *Monkey `json:"monkey,omitempty" jsonschema:"description=faults at random times of working days; either this or cron"`
	// Cron starts Experiments and Suites.
	Cron        string   `json:"cron,omitempty" jsonschema:"description=minute hour day-of-month month day-of-week and seconds before them if they matter; with both day fields a day that fits either counts; the first Monday is 0 9 * * MON#1"`
	Experiments []string `json:"experiments,omitempty" jsonschema:"description=names of experiments that cron starts one after the other"`
	Suites      []string `json:"suites,omitempty" jsonschema:"description=values of the label suite of the experiments that cron starts"`

	Holidays Closed `json:"holidays,omitzero" jsonschema:"description=days that are no working days"`
	Freezes  Closed `json:"freezes,omitzero" jsonschema:"description=times in which nothing starts"`

	Concurrency      string          `json:"concurrency,omitempty" jsonschema:"enum=forbid,enum=queue,enum=replace,description=what a start does while an earlier run of the schedule is open: it is left out or waits or aborts that run (default queue with monkey and forbid with cron)"`
	CatchUp          string          `json:"catchUp,omitempty" jsonschema:"enum=none,enum=once,description=whether the newest start that was missed while no server ran is made up for (default none)"`
	StartingDeadline events.Duration `json:"startingDeadline,omitempty" jsonschema:"description=how late a start may still be made such as 15m (default 15m and at most 24h)"`
}

// Environments choose environments. All fields that are set must fit.
type Environments struct {
	Project string            `json:"project,omitempty" jsonschema:"description=the CI project that they belong to"`
	Names   []string          `json:"names,omitempty"`
	Labels  map[string]string `json:"labels,omitempty" jsonschema:"description=labels that they must have"`
}

// Monkey draws, on each working day and for each group, whether a member is hit, which,
// when and by what.
type Monkey struct {
	Mean     float64     `json:"mean" jsonschema:"required,minimum=1,description=mean number of working days from one fault in a group to the next"`
	Gap      int         `json:"gap,omitempty" jsonschema:"minimum=1,description=smallest number of working days from one fault in a group to the next (default 1)"`
	Hours    string      `json:"hours" jsonschema:"required,description=when faults start such as 09:00-16:00; 22:00-02:00 ends on the next day"`
	Weekdays []string    `json:"weekdays,omitempty" jsonschema:"description=days and spans such as Mon-Fri or Sun-Thu on which the hours begin (default Mon-Fri)"`
	Grouping string      `json:"grouping" jsonschema:"required,enum=project,enum=environment,enum=component,enum=zone,enum=autoScalingGroup,description=what is hit at most once a day"`
	OptIn    OptIn       `json:"optIn" jsonschema:"required,description=only components with these labels or annotations are hit"`
	Except   []Exception `json:"except,omitempty" jsonschema:"description=what is never hit although it has opted in"`
	Faults   []Fault     `json:"faults" jsonschema:"required,description=what is drawn from"`
}

// OptIn is what a component must carry to be hit.
type OptIn struct {
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// Exception names what is left out. All fields that are set must fit; * stands for any
// part of a name.
type Exception struct {
	Project     string `json:"project,omitempty"`
	Environment string `json:"environment,omitempty"`
	Component   string `json:"component,omitempty"`
}

// Fault is one of the faults that are drawn from.
type Fault struct {
	Fault  string `json:"fault" jsonschema:"required"`
	Weight int    `json:"weight,omitempty" jsonschema:"minimum=1,description=how often it is drawn beside the others (default 1)"`
	// Count and Percent say how much of the member is hit.
	Count   int `json:"count,omitempty" jsonschema:"minimum=1,description=how many pods of the component are hit (default 1)"`
	Percent int `json:"percent,omitempty" jsonschema:"minimum=1,maximum=100,description=how many percent of the pods are hit; instead of count"`
	// Params are the parameters of the kind of fault, which knows them.
	Params   json.RawMessage `json:"params,omitempty" jsonschema:"type=object,description=parameters of the fault: see shakedown chaos faults"`
	Duration events.Duration `json:"duration,omitzero" jsonschema:"description=how long the fault stays in effect; for faults that take a duration"`
}

// Closed are times at which nothing starts.
type Closed struct {
	Dates     []Days     `json:"dates,omitempty" jsonschema:"description=days such as 2027-12-24 and spans with both ends such as 2027-12-24..2027-12-31"`
	Calendars []Calendar `json:"calendars,omitempty" jsonschema:"description=iCalendar files; while one of them cannot be read nothing starts"`
}

// Calendar says where an iCalendar file is: exactly one of the three.
type Calendar struct {
	URL  string `json:"url,omitempty" jsonschema:"description=https address; it is read anew for each plan"`
	File string `json:"file,omitempty" jsonschema:"description=path from the folder of this file; its text goes to the server with the schedule"`
	// Text is what a file has; a command puts it in the place of File.
	Text string `json:"text,omitempty" jsonschema:"description=the calendar itself"`
}

// String says which calendar it is.
func (c Calendar) String() string {
	switch {
	case c.URL != "":
		return c.URL
	case c.File != "":
		return c.File
	}
	return "the calendar of the document"
}

// Days is a day such as 2027-12-24, or a span of days with both ends.
type Days string

// UnmarshalText takes what YAML has for a date without quotes, too.
func (d *Days) UnmarshalText(text []byte) error {
	*d = Days(text)
	return nil
}

// Span are the first and the last day.
func (d Days) Span() (first, last wall.Date, err error) {
	from, to, both := strings.Cut(string(d), "..")
	if first, err = wall.ParseDate(strings.TrimSpace(from)); err != nil || !both {
		return first, first, err
	}
	if last, err = wall.ParseDate(strings.TrimSpace(to)); err == nil && last < first {
		err = fmt.Errorf("%q is reversed: its end comes before its beginning", string(d))
	}
	return first, last, err
}

// What a start does while an earlier run is open, and whether missed starts are made up for.
const (
	ConcurrencyForbid  = "forbid"
	ConcurrencyQueue   = "queue"
	ConcurrencyReplace = "replace"
	CatchUpNone        = "none"
	CatchUpOnce        = "once"
)

// What may be hit at most once a day.
const (
	GroupProject     = "project"
	GroupEnvironment = "environment"
	GroupComponent   = "component"
	GroupZone        = "zone"
	GroupScaling     = "autoScalingGroup"
)

// Groupings are all of these.
func Groupings() []string {
	return []string{GroupProject, GroupEnvironment, GroupComponent, GroupZone, GroupScaling}
}

// LabelSuite is the label of experiments that a schedule starts as a suite.
const LabelSuite = "suite"

const defaultDeadline = events.Duration(15 * time.Minute)

// Parse reads a document from JSON, strictly; see events.ParseDocument.
func Parse(raw []byte) (Document, error) { return events.ParseDocument[Document](Kind, raw) }

// WithDefaults is the document with every optional value filled in. The receiver is not
// changed.
func (d Document) WithDefaults() Document {
	s := &d.Spec
	orElse(&s.CatchUp, CatchUpNone)
	orElse(&s.StartingDeadline, defaultDeadline)
	if s.Monkey == nil {
		orElse(&s.Concurrency, ConcurrencyForbid)
		return d
	}
	orElse(&s.Concurrency, ConcurrencyQueue)
	m := *s.Monkey
	orElse(&m.Gap, 1)
	if len(m.Weekdays) == 0 {
		m.Weekdays = []string{"Mon-Fri"}
	}
	m.Faults = append([]Fault(nil), m.Faults...)
	for i := range m.Faults {
		orElse(&m.Faults[i].Weight, 1)
	}
	s.Monkey = &m
	return d
}

func orElse[T comparable](v *T, fallback T) {
	var zero T
	if *v == zero {
		*v = fallback
	}
}

// Hash tells schedules apart by what decides about their plans: a digest of the
// specification with its defaults filled in. The description does not count.
func (d Document) Hash() string {
	s := d.WithDefaults().Spec
	s.Description = ""
	raw, _ := json.Marshal(s) // a document that was read can be written
	return events.Digest(d.Metadata.Name, string(raw))[:16]
}
