package spec

import (
	"fmt"
	"regexp"
	"strings"
)

// Variables are what a query may name as ${namespace}, ${environment} and
// ${experiment}.
type Variables struct{ Namespace, Environment, Experiment string }

// Fill is the text with the variables filled in.
func (v Variables) Fill(query string) string {
	return strings.NewReplacer(
		"${namespace}", v.Namespace, "${environment}", v.Environment, "${experiment}", v.Experiment,
	).Replace(query)
}

// CheckVariables reports the first variable in the text that nothing fills in.
func CheckVariables(text string) error {
	rest := Variables{}.Fill(text)
	if m := regexp.MustCompile(`\$\{([^}]*)\}`).FindStringSubmatch(rest); m != nil {
		return fmt.Errorf("${%s} is not a variable; there are ${namespace}, ${environment} and ${experiment}", m[1])
	}
	return nil
}
