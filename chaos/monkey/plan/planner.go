package plan

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey/cron"
	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/events"
)

// anchor is the number of days from one anchor to the next.
const anchor = 4096

// Reach is how far before the first day of a plan closures are needed.
const Reach = anchor

// maxStarts bounds the starts of cron on one day.
const maxStarts = 24*60 + 60

// Start is one thing that the plan starts.
type Start struct {
	// ID is that of the run. It follows from the schedule's name and the group and day, or
	// the moment of cron, so that a group is hit at most once a day.
	ID string    `json:"id"`
	At time.Time `json:"at"`
	// Group, Member and Fault are those that were drawn; Seed is what they follow from.
	Group  string      `json:"group,omitempty"`
	Member string      `json:"member,omitempty"`
	Fault  *spec.Fault `json:"fault,omitempty"`
	Seed   string      `json:"seed,omitempty"`
	// Note says of a start of cron that it was moved, since clocks are changed.
	Note string `json:"note,omitempty"`
}

// Day is the plan of one day.
type Day struct {
	Date wall.Date `json:"date"`
	// Open are the times in which faults may start, and Why says why there are none.
	Open   []wall.Span `json:"open,omitempty"`
	Why    string      `json:"why,omitempty"`
	Starts []Start     `json:"starts,omitempty"`
}

// Planner makes the plans of one schedule.
type Planner struct {
	document spec.Document
	hash     string
	zone     *time.Location
	days     days
	closed   []Closure
	cron     cron.Expression
}

// New makes a planner of a valid document. The closures are those of its calendars, from
// Reach days before the first day that is planned; those of its dates are added.
func New(d spec.Document, closed []Closure) (*Planner, error) {
	d = d.WithDefaults()
	zone, err := wall.Zone(d.Spec.TimeZone)
	if err != nil {
		return nil, err
	}
	p := &Planner{document: d, hash: d.Hash(), zone: zone, closed: slices.Clone(closed)}
	for kind, c := range map[string]spec.Closed{"holiday": d.Spec.Holidays, "freeze": d.Spec.Freezes} {
		own, err := Closures(kind, c, zone)
		if err != nil {
			return nil, err
		}
		p.closed = append(p.closed, own...)
	}
	slices.SortFunc(p.closed, func(a, b Closure) int { return a.From.Compare(b.From) })
	if d.Spec.Monkey == nil {
		p.cron, err = cron.Parse(d.Spec.Cron, zone)
		return p, err
	}
	p.days, err = newDays(*d.Spec.Monkey, zone, p.closed)
	return p, err
}

// Closed names the closure at the moment, "" when there is none.
func (p *Planner) Closed(at time.Time) string {
	for _, c := range p.closed {
		if c.Has(at) {
			return c.Why
		}
	}
	return ""
}

// WorkingDays are how many there are from one day to another, both included. Cron has none.
func (p *Planner) WorkingDays(first, last wall.Date) (n int) {
	for d := first; d <= last && p.document.Spec.Monkey != nil; d++ {
		if open, _ := p.days.open(d); len(open) > 0 {
			n++
		}
	}
	return n
}

// Zone is that of the schedule.
func (p *Planner) Zone() *time.Location { return p.zone }

// Hash is that of the schedule.
func (p *Planner) Hash() string { return p.hash }

// Days are the plans from one day to another, both included. Groups are of no use to cron.
func (p *Planner) Days(first, last wall.Date, groups []Group) []Day {
	list := make([]Day, 0, max(0, last-first+1))
	for d := first; d <= last; d++ {
		list = append(list, p.blank(d))
	}
	if p.document.Spec.Monkey != nil {
		remembered := memo{}
		for _, g := range groups {
			p.draw(list, g, remembered)
		}
	}
	for i := range list {
		slices.SortStableFunc(list[i].Starts, func(a, b Start) int { return a.At.Compare(b.At) })
	}
	return list
}

// blank is a day before anything is drawn. One of cron has its starts.
func (p *Planner) blank(date wall.Date) Day {
	if p.document.Spec.Monkey != nil {
		open, why := p.days.open(date)
		return Day{Date: date, Open: open, Why: why}
	}
	day := Day{Date: date}
	for _, s := range p.cron.Between(date.Begins(p.zone), (date + 1).Begins(p.zone), maxStarts) {
		i := slices.IndexFunc(p.closed, func(c Closure) bool { return c.Has(s.At) })
		if i >= 0 {
			day.Why = p.closed[i].Why
			continue
		}
		day.Starts = append(day.Starts, Start{ID: p.id(s.At.UTC().Format(time.RFC3339)), At: s.At, Note: note(s)})
	}
	return day
}

// id is that of a run of the schedule.
func (p *Planner) id(of string) string {
	name := p.document.Metadata.Name
	return name + "-" + events.Digest(name, of)[:10]
}

func note(s cron.Start) string {
	switch {
	case s.Moved:
		return "moved: the clock goes forward over " + s.Reading.Format("15:04")
	case s.Twice:
		return "the first of two: the clock goes back over " + s.Reading.Format("15:04")
	}
	return ""
}

// errNever says that a schedule starts nothing.
var errNever = errors.New("never opens")

// Never says why nothing can start within a year of the day, nil when something can.
func (p *Planner) Never(from wall.Date) error {
	const year = 366
	why := ""
	for _, d := range p.Days(from, from+year, nil) {
		if len(d.Open) > 0 || len(d.Starts) > 0 {
			return nil
		}
		if d.Why != "" && (p.document.Spec.Monkey == nil || p.days.weekdays[d.Date.Weekday()]) {
			why = d.Why
		}
	}
	if why == "" {
		why = "no day fits"
	}
	return fmt.Errorf("schedule %s %w from %s to %s: %s", p.document.Metadata.Name, errNever, from, from+year, why)
}
