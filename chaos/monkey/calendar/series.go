package calendar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-ical"

	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
)

// series are the events of one id: those that repeat or stand alone, and those that
// replace a repetition.
type series struct{ whole, replacing []ical.Event }

func (s *series) add(e ical.Event) {
	if e.Props.Get(ical.PropRecurrenceID) != nil {
		s.replacing = append(s.replacing, e)
		return
	}
	s.whole = append(s.whole, e)
}

// within are the times of the series that have a moment in common with the span.
func (s *series) within(zone *time.Location, span wall.Span) ([]Event, error) {
	replaced, err := s.replaced(zone)
	if err != nil {
		return nil, err
	}
	var found []Event
	for _, e := range s.whole {
		o, err := read(e, zone)
		if err == nil {
			o.except = append(o.except, replaced...)
			err = o.expand(span, &found)
		}
		if err != nil {
			return nil, fmt.Errorf("event %q: %w", summary(e), err)
		}
	}
	for _, e := range s.replacing {
		o, err := read(e, zone)
		if err == nil {
			o.rule = nil // that of the series
			err = o.expand(span, &found)
		}
		if err != nil {
			return nil, fmt.Errorf("event %q: %w", summary(e), err)
		}
	}
	return found, nil
}

// replaced are the repetitions for which there is an event of their own.
func (s *series) replaced(zone *time.Location) (list []stamp, err error) {
	for _, e := range s.replacing {
		p := e.Props.Get(ical.PropRecurrenceID)
		if p.Params.Get("RANGE") != "" {
			return nil, fmt.Errorf("event %q: RECURRENCE-ID with a RANGE is not supported", summary(e))
		}
		at, err := stamps(p, zone)
		if err != nil {
			return nil, fmt.Errorf("event %q: %w", summary(e), err)
		}
		list = append(list, at...)
	}
	return list, nil
}

func summary(e ical.Event) string {
	if text, err := e.Props.Text(ical.PropSummary); err == nil && text != "" {
		return text
	}
	return "without a summary"
}

// occurring is an event that was read.
type occurring struct {
	summary   string
	cancelled bool
	start     stamp
	// long is how long it takes; of one with dates, in days.
	long   time.Duration
	days   int
	rule   *string
	also   []stamp
	except []stamp
	zone   *time.Location
}

// read reads the event.
func read(e ical.Event, zone *time.Location) (occurring, error) {
	o := occurring{summary: summary(e), zone: zone}
	if p := e.Props.Get(ical.PropStatus); p != nil {
		o.cancelled = strings.EqualFold(p.Value, string(ical.EventCancelled))
	}
	if e.Props.Get("EXRULE") != nil {
		return o, errors.New("EXRULE is not supported: RFC 5545 has done away with it")
	}
	starts := e.Props.Values(ical.PropDateTimeStart)
	if len(starts) != 1 {
		return o, fmt.Errorf("has %d DTSTART, want one", len(starts))
	}
	start, err := stamps(&starts[0], zone)
	if err != nil {
		return o, err
	}
	o.start = start[0]
	if o.zone = zone; !o.start.date {
		o.zone = o.start.zone
	}
	if err := o.readEnd(e, zone); err != nil {
		return o, err
	}
	return o, o.readRepetition(e, zone)
}

// readEnd finds out how long the event takes.
func (o *occurring) readEnd(e ical.Event, zone *time.Location) error {
	end, lasts := e.Props.Get(ical.PropDateTimeEnd), e.Props.Get(ical.PropDuration)
	switch {
	case end != nil:
		list, err := stamps(end, zone)
		if err != nil {
			return err
		}
		return o.until(list[0])
	case lasts != nil:
		d, err := lasts.Duration()
		if err != nil || d < 0 {
			return fmt.Errorf("%q is not a duration", lasts.Value)
		}
		o.long, o.days = d, int((d+day-1)/day)
	case o.start.date:
		o.days = 1
	}
	return nil
}

const day = 24 * time.Hour

// until takes the end, which is not part of the event.
func (o *occurring) until(end stamp) error {
	if end.date != o.start.date {
		return errors.New("has a date at one end and a time at the other")
	}
	o.long, o.days = end.at().Sub(o.start.at()), int(wall.DateOf(end.reading)-wall.DateOf(o.start.reading))
	if o.long < 0 || o.days < 0 {
		return errors.New("ends before it begins")
	}
	if o.start.date && o.days == 0 { // some programs write the same day, and mean it
		o.days = 1
	}
	return nil
}

// readRepetition finds out when it comes again.
func (o *occurring) readRepetition(e ical.Event, zone *time.Location) (err error) {
	rules := e.Props.Values(ical.PropRecurrenceRule)
	if len(rules) > 1 {
		return errors.New("has several RRULE, want one at most")
	}
	if len(rules) == 1 {
		o.rule = &rules[0].Value
	}
	if o.except, err = all(e.Props.Values(ical.PropExceptionDates), zone); err != nil {
		return err
	}
	o.also, err = all(e.Props.Values(ical.PropRecurrenceDates), zone)
	return err
}

func all(properties []ical.Prop, zone *time.Location) (list []stamp, err error) {
	for i := range properties {
		some, err := stamps(&properties[i], zone)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, nil
}

// expand adds each time that the event takes and that has a moment in common with the span.
func (o occurring) expand(span wall.Span, found *[]Event) error {
	if o.cancelled {
		return nil
	}
	readings, err := o.readings(span)
	if err != nil {
		return err
	}
	for _, r := range readings {
		at := stamp{reading: r, date: o.start.date, zone: o.zone}
		if slices.ContainsFunc(o.except, at.is) {
			continue
		}
		if taken := o.taken(r); taken.Overlaps(span) {
			*found = append(*found, Event{taken, o.summary})
		}
	}
	return nil
}

// taken is the time that the repetition at the reading takes.
func (o occurring) taken(reading time.Time) wall.Span {
	if o.start.date {
		first := wall.DateOf(reading)
		return wall.Span{From: first.Begins(o.zone), To: (first + wall.Date(o.days)).Begins(o.zone)}
	}
	from := wall.At(reading, o.zone).At
	return wall.Span{From: from, To: from.Add(o.long)}
}
