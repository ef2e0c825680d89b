package logs

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// The layouts of times with a date and a time of day.
func layouts() []string {
	return []string{
		time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999Z07:00",
		"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04",
		"2006/01/02 15:04:05.999999999",
	}
}

// readTime is the time that a record names: in words, or as a number of seconds or of the
// usual fractions of it since 1970. It is zero when it cannot be read.
func readTime(text string) time.Time {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return unixTime(text, n)
	}
	text = strings.Replace(text, ",", ".", 1)
	for _, layout := range layouts() {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// unixTime finds the unit by the size: it takes times from 1973 to 5138 for what they are.
func unixTime(text string, n float64) time.Time {
	if math.IsNaN(n) || n < 1e8 || n >= 1e20 {
		return time.Time{}
	}
	unit := float64(time.Second)
	for scaled := n; scaled >= 1e11; scaled /= 1000 {
		unit /= 1000
	}
	if unit < 1 {
		return time.Time{}
	}
	if whole, err := strconv.ParseInt(text, 10, 64); err == nil { // exact
		per := int64(float64(time.Second) / unit)
		return time.Unix(whole/per, whole%per*int64(unit)).UTC()
	}
	seconds, fraction := math.Modf(n * unit / float64(time.Second))
	return time.Unix(int64(seconds), int64(math.Round(fraction*1e6))*1000).UTC()
}

// leadingTime is the time at the beginning of a line, and what follows it.
func leadingTime(text string) (at time.Time, rest string) {
	bare := strings.TrimLeft(text, "[ ")
	first, after, _ := strings.Cut(bare, " ")
	second, behind, _ := strings.Cut(after, " ")
	if at := readTime(strings.TrimRight(first+" "+second, "]")); !at.IsZero() {
		return at, behind
	}
	if at := readTime(strings.TrimRight(first, "]")); !at.IsZero() && strings.ContainsAny(first, "-:/") {
		return at, after
	}
	return time.Time{}, text
}

// day is what "3d" counts in.
const day = 24 * time.Hour

// ParseTime reads a time that somebody asks for: how long ago it was, such as 10m, 2h30m or
// 3d, or a date, a time of today or both, in UTC unless it names a zone. Errors:
// *events.Error of KindInvalid.
func ParseTime(text string, now time.Time) (time.Time, error) {
	if d, ok := span(text); ok {
		return now.Add(-d), nil
	}
	if at, err := time.Parse(time.DateOnly, text); err == nil && !at.IsZero() {
		return at, nil
	}
	for _, layout := range []string{time.TimeOnly, "15:04"} {
		if at, err := time.Parse(layout, text); err == nil {
			return now.UTC().Truncate(day).Add(at.Sub(at.Truncate(day))), nil
		}
	}
	if at := readTime(text); !at.IsZero() && strings.ContainsAny(text, "-/") {
		return at, nil
	}
	return time.Time{}, events.Errorf(events.KindInvalid,
		"write how long ago, such as 10m, 2h30m or 3d, or a time in UTC, such as 2026-11-29T12:00:00Z, 2026-11-29 or 12:00", "%q is no time", text)
}

// span is a duration that is not negative, in which d is a day.
func span(text string) (time.Duration, bool) {
	if n, ok := strings.CutSuffix(text, "d"); ok {
		days, err := strconv.ParseUint(n, 10, 16)
		return time.Duration(days) * day, err == nil
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= 0
}
