package cron

import (
	"errors"
	"fmt"
	"strings"
	"time"

	gocron "github.com/netresearch/go-cron"

	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
)

// searchYears is how far ahead a start is looked for: 29 February of a year such as 2100
// comes after eight.
const searchYears = 12

// star marks a field of the library that is not restricted.
const star = 1 << 63

// Expression is a schedule in the notation of cron, in a zone.
type Expression struct {
	fields *gocron.SpecSchedule
	zone   *time.Location
}

// Start is a moment at which something starts.
type Start struct {
	At time.Time
	// Reading is what the expression says; Moved says that the clock never shows it, and
	// Twice that it does so a second time, at which nothing starts.
	Reading time.Time
	Moved   bool
	Twice   bool
}

// Parse reads an expression. Errors are for people.
func Parse(text string, zone *time.Location) (Expression, error) {
	if err := check(text); err != nil {
		return Expression{}, err
	}
	parser := gocron.MustNewParser(gocron.SecondOptional | gocron.Minute | gocron.Hour | gocron.Dom | gocron.Month |
		gocron.Dow | gocron.DowOrDom | gocron.Extended).WithMaxSearchYears(searchYears)
	parsed, err := parser.Parse(text)
	if err != nil {
		return Expression{}, fmt.Errorf("%q is not a cron expression: %w", text, err)
	}
	fields, ok := parsed.(*gocron.SpecSchedule)
	if !ok {
		return Expression{}, fmt.Errorf("%q is not a cron expression of fields", text)
	}
	fields.Location = time.UTC
	e := Expression{fields, zone}
	if fields.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Expression{}, fmt.Errorf("%q never comes: there is no such day", text)
	}
	return e, nil
}

// check finds what the library would accept.
func check(text string) error {
	fields := strings.Fields(text)
	switch {
	case strings.HasPrefix(text, "TZ=") || strings.HasPrefix(text, "CRON_TZ="):
		return errors.New("has a zone of its own; write that as timeZone")
	case strings.HasPrefix(text, "@"):
		return fmt.Errorf("%q is a short form; write the five fields, such as 0 9 * * 1-5", text)
	case len(fields) != 5 && len(fields) != 6:
		return fmt.Errorf("%q has %d fields, want minute, hour, day of the month, month and day of the week, and seconds before them if they matter", text, len(fields))
	}
	names := []string{"second", "minute", "hour", "day of the month", "month"}
	for i, field := range fields[:len(fields)-1] { // a week may be written from Saturday to Monday
		name := names[i+6-len(fields)]
		for part := range strings.SplitSeq(field, ",") {
			if isReversed(part) {
				return fmt.Errorf("%q of the field for the %s is reversed: its end comes before its beginning", part, name)
			}
		}
	}
	return nil
}

// Notes are what somebody may not expect of the expression.
func (e Expression) Notes() []string {
	if e.fields.Dom&star != 0 || e.fields.Dow&star != 0 {
		return nil
	}
	return []string{"both the day of the month and the day of the week are set: a day that fits either of them counts; " +
		"the first Monday of a month is MON#1 as day of the week and * as day of the month"}
}

// Between are the starts from a moment up to and without another one, in order, at most
// so many.
func (e Expression) Between(from, to time.Time, most int) []Start {
	var list []Start
	reading := wall.Reading(from.Add(-time.Nanosecond), e.zone) // before what is moved to this moment
	for len(list) < most {
		if reading = e.fields.Next(reading); reading.IsZero() {
			break
		}
		s := e.start(reading)
		if !s.At.Before(to) {
			break
		}
		if s.At.Before(from) { // the second time that the clock shows it
			continue
		}
		list = add(list, s)
	}
	return list
}

// add merges what was moved to a moment at which something starts anyway.
func add(list []Start, s Start) []Start {
	if n := len(list); n > 0 && list[n-1].At.Equal(s.At) {
		if !s.Moved {
			list[n-1] = s
		}
		return list
	}
	return append(list, s)
}

func (e Expression) start(reading time.Time) Start {
	m := wall.At(reading, e.zone)
	return Start{At: m.At, Reading: reading, Moved: m.Moved, Twice: m.Twice}
}

// Shortest is the shortest time between two starts after the moment, of the first few
// hundred.
func (e Expression) Shortest(after time.Time) time.Duration {
	const few = 300
	shortest := time.Duration(1<<63 - 1)
	reading := e.fields.Next(wall.Reading(after, e.zone))
	for range few {
		next := e.fields.Next(reading)
		if next.IsZero() {
			break
		}
		shortest, reading = min(shortest, next.Sub(reading)), next
	}
	return shortest
}
