package events

import (
	"slices"
	"strings"
)

// Suggest is ", did you mean X?" when a known name is close to one that is not known, else
// the list of the known names.
func Suggest(name string, known []string) string {
	if len(known) == 0 {
		return ""
	}
	best := slices.MinFunc(known, func(a, b string) int { return distance(name, a) - distance(name, b) })
	if distance(name, best) <= max(1, len(name)/3) {
		return ", did you mean " + best + "?"
	}
	return ", known are " + strings.Join(known, ", ")
}

// distance is the Levenshtein distance of two names, case aside.
func distance(a, b string) int {
	a, b = strings.ToLower(a), strings.ToLower(b)
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
