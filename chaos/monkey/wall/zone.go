package wall

import (
	"fmt"
	"time"
)

// Zone is the zone of an IANA name, such as Europe/Berlin. A name that is not known is
// an error, never UTC.
func Zone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("%q is not a time zone: write a name such as Europe/Berlin, or UTC", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q is not a time zone that is known: write a name such as Europe/Berlin, or UTC", name)
	}
	return zone, nil
}

// Moment is what a reading means in a zone.
type Moment struct {
	At time.Time
	// Moved says that the clock never shows the reading, since it goes forward over it: At
	// is the moment of that change.
	Moved bool
	// Twice says that the clock shows the reading a second time later.
	Twice bool
}

// Reading is what the clock of the zone shows at the moment.
func Reading(at time.Time, zone *time.Location) time.Time {
	_, offset := at.In(zone).Zone()
	return at.UTC().Add(time.Duration(offset) * time.Second)
}

// At is the moment at which the clock of the zone shows the reading.
func At(reading time.Time, zone *time.Location) Moment {
	reading = reading.UTC()
	guess := time.Date(reading.Year(), reading.Month(), reading.Day(), reading.Hour(), reading.Minute(), reading.Second(), reading.Nanosecond(), zone)
	var first time.Time
	var shown int
	for _, p := range periods(guess) {
		at := reading.Add(-p.offset)
		if !p.has(at) {
			continue
		}
		if shown++; shown == 1 {
			first = at
		}
	}
	if shown > 0 {
		return Moment{At: first.In(zone), Twice: shown > 1}
	}
	return Moment{At: change(reading, periods(guess)).In(zone), Moved: true}
}

// period is a time in which the clock of a zone is not changed. A zero time has no bound.
type period struct {
	from, to time.Time
	offset   time.Duration
}

func (p period) has(at time.Time) bool {
	return (p.from.IsZero() || !at.Before(p.from)) && (p.to.IsZero() || at.Before(p.to))
}

// periods are the one of the moment and those beside it, in order.
func periods(at time.Time) []period {
	here := periodOf(at)
	list := []period{here}
	if !here.from.IsZero() {
		list = []period{periodOf(here.from.Add(-time.Second)), here}
	}
	if !here.to.IsZero() {
		list = append(list, periodOf(here.to))
	}
	return list
}

func periodOf(at time.Time) period {
	from, to := at.ZoneBounds()
	_, offset := at.Zone()
	return period{from, to, time.Duration(offset) * time.Second}
}

// change is the moment at which the clock goes forward over the reading.
func change(reading time.Time, around []period) time.Time {
	for i := 1; i < len(around); i++ {
		before, after := around[i].from.Add(around[i-1].offset), around[i].from.Add(around[i].offset)
		if !reading.Before(before.UTC()) && reading.Before(after.UTC()) {
			return around[i].from
		}
	}
	return around[len(around)-1].from
}
