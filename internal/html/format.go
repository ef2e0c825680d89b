package html

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Span writes a duration with three digits or so: "340 ms", "3.42 s", "1 min 12 s",
// "2 h 5 min".
func Span(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign = "−"
	}
	abs := d.Abs()
	switch {
	case abs == 0:
		return "0 s"
	case abs < time.Microsecond:
		return sign + strconv.FormatInt(abs.Nanoseconds(), 10) + " ns"
	case abs < time.Millisecond:
		return sign + digits(abs.Seconds()*1e6, 3) + " µs"
	case abs < time.Second:
		return sign + digits(abs.Seconds()*1e3, 3) + " ms"
	case abs < 59950*time.Millisecond:
		return sign + digits(abs.Seconds(), 3) + " s"
	case abs < time.Hour:
		abs = abs.Round(time.Second)
		return sign + two(int(abs/time.Minute), "min", int(abs%time.Minute/time.Second), "s")
	}
	abs = abs.Round(time.Minute)
	return sign + two(int(abs/time.Hour), "h", int(abs%time.Hour/time.Minute), "min")
}

// two joins a large and a small unit and leaves out the small one when it is zero.
func two(large int, largeUnit string, small int, smallUnit string) string {
	if small == 0 {
		return fmt.Sprintf("%d %s", large, largeUnit)
	}
	return fmt.Sprintf("%d %s %d %s", large, largeUnit, small, smallUnit)
}

// digits writes a number that is not negative with that many significant digits, all
// those before the point, and without trailing zeros behind it.
func digits(v float64, digits int) string {
	before := 1
	if v >= 1 {
		before = int(math.Log10(v)) + 1
	}
	s := strconv.FormatFloat(v, 'f', max(0, digits-before), 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// Count writes a number with commas: "1,000,000".
func Count[N ~int | ~int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	begin := 0
	if n < 0 {
		begin = 1
	}
	for i := len(s) - 3; i > begin; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Plural is "1 victim" or "2 victims".
func Plural[N ~int | ~int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + noun + "s"
}

// Clock is a time of day with milliseconds, in UTC, "–" when it is not known.
func Clock(t time.Time) string { return moment(t, "15:04:05.000") }

// Date is a day and a time of day, in UTC, "–" when it is not known.
func Date(t time.Time) string { return moment(t, "2006-01-02 15:04:05 UTC") }

// Instant is a date with milliseconds, where they are evidence.
func Instant(t time.Time) string { return moment(t, "2006-01-02 15:04:05.000 UTC") }

func moment(t time.Time, layout string) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format(layout)
}
