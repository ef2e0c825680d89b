package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// render draws the arrows as they are: one line a package with what it imports of
// this module and, in brackets, whose code else.
func render(packages []pkg) []byte {
	var b strings.Builder
	b.WriteString("```\n")
	width := 0
	for _, p := range packages {
		width = max(width, len(p.path))
	}
	for _, p := range packages {
		arrows := append(slices.Sorted(slices.Values(p.own)), vendors(p.foreign)...)
		if len(arrows) == 0 {
			arrows = []string{"standard library"}
		}
		fmt.Fprintf(&b, "%-*s -> %s\n", width, p.path, strings.Join(arrows, ", "))
	}
	b.WriteString("```\n")
	return []byte(b.String())
}

// vendors shortens import paths to what a reader knows them by: the host and up to two
// segments, each once.
func vendors(paths []string) []string {
	var short []string
	for _, path := range paths {
		parts := strings.Split(path, "/")
		keep := 2
		if parts[0] == "github.com" {
			keep = 3
		}
		short = append(short, "["+strings.Join(parts[:min(keep, len(parts))], "/")+"]")
	}
	slices.Sort(short)
	return slices.Compact(short)
}
