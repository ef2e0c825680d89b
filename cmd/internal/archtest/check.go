package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// pkg is what a package imports, as "go list" tells it. Paths of this module are
// relative to it; the standard library is left out.
type pkg struct {
	path string
	// own and foreign are imports of the code, testOwn and testForeign of its tests.
	own, foreign, testOwn, testForeign []string
}

// check returns every arrow that no rule allows and every rule that no package fits.
func check(table []rule, packages []pkg) (violations []string) {
	used := make([]bool, len(table))
	for _, p := range packages {
		i := slices.IndexFunc(table, func(r rule) bool { return fits(p.path, r.packages) })
		if i < 0 {
			violations = append(violations, p.path+" has no row in the table")
			continue
		}
		used[i] = true
		violations = append(violations, refused(table[i], p)...)
	}
	for i, r := range table {
		if !used[i] {
			violations = append(violations, fmt.Sprintf("the row for %s is stale: no package fits it", r.packages))
		}
	}
	return violations
}

// refused lists the arrows of one package that its rule does not allow.
func refused(r rule, p pkg) (violations []string) {
	for _, imports := range []struct {
		targets []string
		foreign bool
		rule    rule
		who     string
	}{
		{p.own, false, r, p.path},
		{p.foreign, true, r, p.path},
		{p.testOwn, false, r.withTests(), "the test of " + p.path},
		{p.testForeign, true, r.withTests(), "the test of " + p.path},
	} {
		for _, target := range imports.targets {
			isTest := strings.HasPrefix(imports.who, "the test")
			if !imports.rule.allows(p.path, target, imports.foreign) {
				violations = append(violations, fmt.Sprintf("%s must not import %s: %s", imports.who, target, r.why))
			} else if !isTest && isForTests(target) && !isForTests(p.path) {
				violations = append(violations, fmt.Sprintf("%s must not import %s: it is for tests", p.path, target))
			}
		}
	}
	return violations
}
