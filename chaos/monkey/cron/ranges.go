package cron

import (
	"slices"
	"strconv"
	"strings"
)

// isReversed says whether a part of a field, such as 9-17/2 or OCT-MAR, ends before it
// begins.
func isReversed(part string) bool {
	span, _, _ := strings.Cut(part, "/")
	from, to, ok := strings.Cut(span, "-")
	first, known := number(from)
	last, also := number(to)
	return ok && known && also && last < first
}

// number is the value of a number or of the name of a month.
func number(text string) (int, bool) {
	if n, err := strconv.Atoi(text); err == nil {
		return n, true
	}
	months := []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	i := slices.Index(months, strings.ToLower(text))
	return i + 1, i >= 0
}
