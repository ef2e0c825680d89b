package report

import (
	"strconv"

	"github.com/shakedown-dev/shakedown/internal/html"
)

// size writes bytes with three digits or so: "231 MB".
func size(n int64) string {
	if n < 1000 {
		return html.Plural(n, "byte")
	}
	value, unit := float64(n), ""
	for _, next := range []string{"kB", "MB", "GB", "TB", "PB", "EB"} {
		value /= 1000
		unit = next
		if value < 999.5 {
			break
		}
	}
	return digits(value) + " " + unit
}

func digits(v float64) string {
	switch {
	case v < 9.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 99.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}
