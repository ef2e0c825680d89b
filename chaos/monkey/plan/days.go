package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
)

// Closure is a time in which nothing starts.
type Closure struct {
	wall.Span
	// Why names the holiday or the freeze.
	Why string
}

// Closures are those of the document's own dates in the zone.
func Closures(kind string, c spec.Closed, zone *time.Location) ([]Closure, error) {
	var all []Closure
	for _, days := range c.Dates {
		first, last, err := days.Span()
		if err != nil {
			return nil, err
		}
		span := wall.Span{From: first.Begins(zone), To: (last + 1).Begins(zone)}
		all = append(all, Closure{span, kind + " " + string(days)})
	}
	return all, nil
}

// days are the hours and what takes away from them.
type days struct {
	zone     *time.Location
	hours    spec.Hours
	weekdays map[time.Weekday]bool
	closed   []Closure
}

func newDays(m spec.Monkey, zone *time.Location, closed []Closure) (days, error) {
	hours, err := spec.ParseHours(m.Hours)
	if err != nil {
		return days{}, err
	}
	weekdays, err := spec.ParseWeekdays(m.Weekdays)
	if err != nil {
		return days{}, err
	}
	closed = slices.Clone(closed)
	slices.SortFunc(closed, func(a, b Closure) int { return a.From.Compare(b.From) })
	return days{zone, hours, weekdays, closed}, nil
}

// open are the parts of the hours that begin on the day in which something may start, and
// why there are none.
func (d days) open(date wall.Date) ([]wall.Span, string) {
	if !d.weekdays[date.Weekday()] {
		return nil, date.Weekday().String() + " is no working day"
	}
	whole := d.hours.On(date, d.zone)
	if whole.Long() == 0 {
		return nil, "the clock goes forward over the hours"
	}
	today := wall.Span{From: date.Begins(d.zone), To: (date + 1).Begins(d.zone)}
	var taken []wall.Span
	why := ""
	for _, c := range d.closed {
		if !c.From.After(today.From) && !c.To.Before(today.To) {
			return nil, c.Why
		}
		if c.Overlaps(whole) {
			taken, why = append(taken, c.Span), c.Why
		}
	}
	parts := whole.Without(taken)
	if len(parts) == 0 {
		return nil, fmt.Sprintf("%s takes all of the hours", why)
	}
	return parts, ""
}
