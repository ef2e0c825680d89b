package calendar

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-ical"

	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
)

// The bounds of a file.
const (
	// MaxSize is in bytes.
	MaxSize = 4 << 20
	// maxLine bounds a line with its continuations.
	maxLine = 64 << 10
	// maxTimes bounds how often one event repeats until the end of what is asked for.
	maxTimes = 50_000
)

// Event is one time that an event takes.
type Event struct {
	wall.Span
	Summary string
}

// Read returns the times of all events in the file that have a moment in common with
// what is asked for, in order. Dates, and times without a zone, are those of the zone.
func Read(raw []byte, zone *time.Location, within wall.Span) ([]Event, error) {
	parsed, err := decode(raw)
	if err != nil {
		return nil, err
	}
	var all []Event
	series := grouped(parsed)
	for _, uid := range series.order {
		found, err := series.byUID[uid].within(zone, within)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	slices.SortStableFunc(all, func(a, b Event) int { return a.From.Compare(b.From) })
	return all, nil
}

// decode parses the file. The library panics on some that are broken.
func decode(raw []byte) (parsed *ical.Calendar, err error) {
	if err := checkSize(raw); err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			parsed, err = nil, fmt.Errorf("is not an iCalendar file: %v", p)
		}
	}()
	decoder := ical.NewDecoder(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff"))))
	if parsed, err = decoder.Decode(); err != nil {
		return nil, fmt.Errorf("is not a whole iCalendar file: %w", err)
	}
	return parsed, nil
}

// checkSize bounds what the library works on: it copies parameters again and again.
func checkSize(raw []byte) error {
	if len(raw) > MaxSize {
		return fmt.Errorf("has more than %d MiB", MaxSize>>20)
	}
	long := 0
	for line := range bytes.Lines(raw) {
		if long += len(line); line[0] != ' ' && line[0] != '\t' {
			long = len(line)
		}
		if long > maxLine {
			return errors.New("is not an iCalendar file: a line of it is too long")
		}
	}
	return nil
}

// uids are the events of a calendar by their id, in the order of the file.
type uids struct {
	order []string
	byUID map[string]*series
}

// grouped puts events and what replaces their repetitions together. An event without an id
// stands for itself.
func grouped(parsed *ical.Calendar) uids {
	all := uids{byUID: map[string]*series{}}
	for i, e := range parsed.Events() {
		uid := fmt.Sprintf("\x00%d", i)
		if p := e.Props.Get(ical.PropUID); p != nil {
			uid = p.Value
		}
		s, ok := all.byUID[uid]
		if !ok {
			s = &series{}
			all.byUID[uid] = s
			all.order = append(all.order, uid)
		}
		s.add(e)
	}
	return all
}
