package datamove

import (
	"fmt"
	"slices"
)

// Unfitted are the includes of a filter that have fitted nothing of the source so far.
type Unfitted struct{ globs []string }

// Unfitted are the includes, before anything of the source was seen.
func (f Filter) Unfitted() *Unfitted { return &Unfitted{slices.Clone(f.Include)} }

// See takes the names of one thing in the source, which all mean the same; see
// Filter.Takes.
func (u *Unfitted) See(names ...string) {
	u.globs = slices.DeleteFunc(u.globs, func(glob string) bool { return anyFits([]string{glob}, names) })
}

// None says that every include has fitted something.
func (u *Unfitted) None() bool { return len(u.globs) == 0 }

// Findings refuse what is left once all of the source was seen. Names says what an
// include must fit.
func (u *Unfitted) Findings(names string) []Finding {
	var out []Finding
	for _, glob := range u.globs {
		out = append(out, UnfittedInclude(glob, names))
	}
	return out
}

// UnfittedInclude refuses an include that fits nothing in the source: a name that is
// misspelled would be left out without a word, and the rest be equal.
func UnfittedInclude(glob, names string) Finding {
	return Finding{
		Severity: Refusal, Check: "include", Message: fmt.Sprintf("include %q fits nothing in the source", glob),
		Hint: "correct the glob, or remove it; it must fit " + names,
	}
}
