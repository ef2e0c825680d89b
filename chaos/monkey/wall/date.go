package wall

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// day is the length of a day whose clock nobody changes.
const day = 24 * time.Hour

// Date is a day of the calendar, counted from 1970-01-01.
type Date int

// DateOf is the day of a reading.
func DateOf(reading time.Time) Date {
	seconds := reading.UTC().Unix()
	days := seconds / int64(day/time.Second)
	if seconds%int64(day/time.Second) < 0 {
		days--
	}
	return Date(days)
}

// DateAt is the day that the zone has at the moment.
func DateAt(at time.Time, zone *time.Location) Date { return DateOf(Reading(at, zone)) }

// ParseDate reads a day such as 2027-03-28.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a date such as 2027-12-24", text)
	}
	return DateOf(t), nil
}

// Reading is midnight at the beginning of the day.
func (d Date) Reading() time.Time { return time.Unix(int64(d)*int64(day/time.Second), 0).UTC() }

// String is the day as 2027-03-28.
func (d Date) String() string { return d.Reading().Format(time.DateOnly) }

// MarshalText writes what ParseDate reads.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDate reads.
func (d *Date) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDate(string(text))
	return err
}

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.Reading().Weekday() }

// Begins is the moment at which the day begins in the zone.
func (d Date) Begins(zone *time.Location) time.Time { return At(d.Reading(), zone).At }

// Clock is a time of day, as minutes after midnight.
type Clock int

// ParseClock reads a time of day from 00:00 to 24:00.
func ParseClock(text string) (Clock, error) {
	hour, minute, ok := strings.Cut(text, ":")
	h, err := strconv.Atoi(hour)
	m, wrong := strconv.Atoi(minute)
	c := Clock(60*h + m)
	if !ok || strings.ContainsAny(text, "+-") || err != nil || wrong != nil || len(hour) != 2 || len(minute) != 2 || m > 59 || c > 24*60 {
		return 0, fmt.Errorf("%q is not a time of day such as 09:00", text)
	}
	return c, nil
}

// String is the time of day as 09:00.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c/60, c%60) }

// On is the moment at which the clock of the zone shows that time on the day, or the
// moment at which it is put forward over it.
func (c Clock) On(d Date, zone *time.Location) time.Time {
	return At(d.Reading().Add(time.Duration(c)*time.Minute), zone).At
}
