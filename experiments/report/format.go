package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// notMeasured is said instead of a figure that nobody measured. It is never 0.
const notMeasured = "not measured"

// span writes a duration for people, with three digits or so: "340 ms", "3.42 s",
// "1 min 12 s", "2 h 5 min".
func span(d time.Duration) string {
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
	case abs < time.Second:
		return sign + trim(abs.Seconds()*1e3, 3) + " ms"
	case abs < 59950*time.Millisecond:
		return sign + trim(abs.Seconds(), 3) + " s"
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

// trim writes a number below 1000 with the given number of significant digits and
// without trailing zeros.
func trim(v float64, digits int) string {
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

// offset is a span with its sign: "+3.42 s".
func offset(d time.Duration) string {
	if d < 0 {
		return span(d)
	}
	return "+" + span(d)
}

// measured writes an optional duration with its error bar.
func measured(d *events.Duration, resolution events.Duration) string {
	if d == nil {
		return notMeasured
	}
	return span(d.Std()) + plusMinus(resolution)
}

// plusMinus is " ± 1 s", or nothing for a figure without an error bar.
func plusMinus(resolution events.Duration) string {
	if resolution <= 0 {
		return ""
	}
	return " ± " + span(resolution.Std())
}

// number writes a value as short as it can be without losing a digit of it.
func number(v float64) string {
	if abs := math.Abs(v); abs != 0 && (abs >= 1e9 || abs < 1e-6) {
		return strconv.FormatFloat(v, 'g', 6, 64)
	}
	return shortest(v)
}

func shortest(v float64) string {
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if point := strings.IndexByte(s, '.'); point >= 0 && len(s)-point > 7 {
		s = strings.TrimRight(strconv.FormatFloat(v, 'f', 6, 64), "0")
		s = strings.TrimSuffix(s, ".")
	}
	return s
}

// clock is a time of day with milliseconds, in UTC; date has the day, too.
func clock(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("15:04:05.000")
}

func date(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2006-01-02 15:04:05") + " UTC"
}

// sign is a comparison as mathematicians write it.
func sign(compare string) string {
	switch compare {
	case ">=":
		return "≥"
	case "<=":
		return "≤"
	case "==":
		return "="
	case "!=":
		return "≠"
	}
	return compare
}

// plural is "1 victim" or "2 victims".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// orElse is s, or the fallback where s is empty.
func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
