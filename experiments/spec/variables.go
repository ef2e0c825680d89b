package spec

import (
	"regexp"
	"strings"
)

// Variables are what a query may name as ${namespace}, ${environment} and
// ${experiment}.
type Variables struct{ Namespace, Environment, Experiment string }

func (v Variables) Fill(query string) string {
	return strings.NewReplacer(
		"${namespace}", v.Namespace, "${environment}", v.Environment, "${experiment}", v.Experiment,
	).Replace(query)
}

// unknownVariable is the name of the first variable in the query that nothing fills
// in, or "".
func unknownVariable(query string) string {
	rest := Variables{}.Fill(query)
	if m := regexp.MustCompile(`\$\{([^}]*)\}`).FindStringSubmatch(rest); m != nil {
		return m[1]
	}
	return ""
}
