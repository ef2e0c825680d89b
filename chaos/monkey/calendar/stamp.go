package calendar

import (
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-ical"

	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
)

// stamp is a date, or a time of a zone.
type stamp struct {
	reading time.Time
	date    bool
	zone    *time.Location
}

// at is its moment.
func (s stamp) at() time.Time { return wall.At(s.reading, s.zone).At }

// is says whether an exception means the repetition s. One that is a date means its whole
// day. Of a series of days, a moment means the day that it has in its own zone, or in that
// of the days when it is in UTC.
func (s stamp) is(exception stamp) bool {
	if !s.date && !exception.date {
		return s.at().Equal(exception.at())
	}
	if !exception.date && exception.zone == time.UTC {
		exception.reading = wall.Reading(exception.reading, s.zone)
	}
	return wall.DateOf(s.reading) == wall.DateOf(exception.reading)
}

// stamps reads the values of a property.
func stamps(p *ical.Prop, zone *time.Location) ([]stamp, error) {
	if kind := p.Params.Get(ical.ParamValue); strings.EqualFold(kind, "PERIOD") {
		return nil, fmt.Errorf("%s with periods is not supported", p.Name)
	}
	if id := p.Params.Get(ical.ParamTimezoneID); id != "" {
		named, err := zoneOf(id)
		if err != nil {
			return nil, err
		}
		zone = named
	}
	var list []stamp
	for value := range strings.SplitSeq(p.Value, ",") {
		s, err := readStamp(strings.TrimSpace(value), zone)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		list = append(list, s)
	}
	return list, nil
}

func readStamp(value string, zone *time.Location) (stamp, error) {
	if t, err := time.Parse("20060102", value); err == nil {
		return stamp{reading: t, date: true, zone: zone}, nil
	}
	if t, err := time.Parse("20060102T150405Z", value); err == nil {
		return stamp{reading: t, zone: time.UTC}, nil
	}
	t, err := time.Parse("20060102T150405", value)
	if err != nil {
		return stamp{}, fmt.Errorf("%q is neither a date nor a time", value)
	}
	return stamp{reading: t, zone: zone}, nil
}

// zoneOf is the zone of an id. Some programs put their own name before that of the zone.
func zoneOf(id string) (*time.Location, error) {
	parts := strings.Split(strings.TrimPrefix(id, "/"), "/")
	for from := range max(1, len(parts)-1) {
		if zone, err := wall.Zone(strings.Join(parts[from:], "/")); err == nil {
			return zone, nil
		}
	}
	return nil, fmt.Errorf("its zone %q is not known: it must be a name such as Europe/Berlin", id)
}
