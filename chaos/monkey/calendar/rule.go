package calendar

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
)

// readings are the times at which the event begins, up to the end of the span, as its
// clock shows them.
func (o occurring) readings(span wall.Span) ([]time.Time, error) {
	list := []time.Time{o.start.reading}
	if o.rule != nil {
		var err error
		if list, err = o.repeated(span); err != nil {
			return nil, err
		}
	}
	for _, s := range o.also {
		if s.date != o.start.date {
			return nil, errors.New("one of RDATE and DTSTART is a date and the other a time")
		}
		r := s.reading
		if !s.date {
			r = wall.Reading(s.at(), o.zone)
		}
		list = append(list, r)
	}
	return list, nil
}

// repeated evaluates the rule on the readings of a clock that nobody changes.
func (o occurring) repeated(span wall.Span) ([]time.Time, error) {
	option, err := rrule.StrToROption(strings.ToUpper(*o.rule))
	if err != nil {
		return nil, fmt.Errorf("RRULE %q: %w", *o.rule, err)
	}
	if option.Freq > rrule.DAILY {
		return nil, fmt.Errorf("RRULE %q repeats within a day, which is not supported", *o.rule)
	}
	option.Dtstart = o.start.reading
	last := wall.Reading(span.To, o.zone).Add(day)
	if option.Until = o.untilReading(option.Until); option.Until.IsZero() || option.Until.After(last) {
		option.Until = last
	}
	rule, err := rrule.NewRRule(*option)
	if err != nil {
		return nil, fmt.Errorf("RRULE %q: %w", *o.rule, err)
	}
	return collect(rule.Iterator(), *o.rule)
}

// untilReading is the end of a rule as the clock of the event shows it. The library reads
// the date of an UNTIL as its midnight, and one in UTC as such.
func (o occurring) untilReading(until time.Time) time.Time {
	at := strings.ToUpper(*o.rule)
	_, text, _ := strings.Cut(at, "UNTIL=")
	text, _, _ = strings.Cut(text, ";")
	switch {
	case until.IsZero():
		return until
	case !strings.Contains(text, "T"):
		return until.Add(day - time.Second)
	case strings.HasSuffix(text, "Z") && !o.start.date:
		return wall.Reading(until, o.zone)
	}
	return until
}

func collect(next rrule.Next, rule string) ([]time.Time, error) {
	var list []time.Time
	for at, ok := next(); ok; at, ok = next() {
		if list = append(list, at); len(list) > maxTimes {
			return nil, fmt.Errorf("RRULE %q comes more than %d times", rule, maxTimes)
		}
	}
	return list, nil
}
