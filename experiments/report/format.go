package report

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/html"
)

// What is said instead of a figure that nobody measured, or whose probe read nothing. It is
// never 0.
const (
	notMeasured = "not measured"
	notRead     = "not read"
)

// offset is a span with its sign: "+3.42 s".
func offset(d time.Duration) string {
	if d < 0 {
		return html.Span(d)
	}
	return "+" + html.Span(d)
}

// measured writes an optional duration with its error bar.
func measured(d *events.Duration, resolution events.Duration) string {
	if d == nil {
		return notMeasured
	}
	return html.Span(d.Std()) + plusMinus(resolution)
}

// between writes a length that is known from its best to its worst case: "3.2 to 4.6 s",
// "at least 7.5 s", "at most 2 s".
func between(b events.Bounds) string {
	least := html.Span(b.Least.Std())
	if b.Most == nil {
		return "at least " + least
	}
	most := html.Span(b.Most.Std())
	switch {
	case least == most:
		return most
	case b.Least == 0:
		return "at most " + most
	}
	for _, unit := range []string{" s", " ms"} {
		short, ok := strings.CutSuffix(least, unit)
		if ok && strings.HasSuffix(most, unit) && !strings.Contains(short, " ") && strings.Count(most, " ") == 1 {
			return short + " to " + most
		}
	}
	return least + " to " + most
}

// plusMinus is " ± 1 s", or nothing for a figure without an error bar.
func plusMinus(resolution events.Duration) string {
	if resolution <= 0 {
		return ""
	}
	return " ± " + html.Span(resolution.Std())
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
