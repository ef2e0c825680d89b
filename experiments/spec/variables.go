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

// CheckVariables reports the first variable in the text that nothing fills in. What
// label_replace knows, numbers and names of groups, is none.
func CheckVariables(text string) error {
	rest := Variables{}.Fill(text)
	for _, m := range regexp.MustCompile(`\$(?:\{([^}]*)\}|(\w+))`).FindAllStringSubmatch(rest, -1) {
		name, braced := m[1]+m[2], m[2] == ""
		if isGroup(text, name) {
			continue
		}
		if err := checkVariable(name, braced); err != nil {
			return err
		}
	}
	return nil
}

func checkVariable(name string, braced bool) error {
	switch {
	case strings.HasPrefix(name, "__"):
		return fmt.Errorf("$%s is a variable of Grafana; write what it stands for, such as 1m", name)
	case braced:
		return fmt.Errorf("${%s} is not a variable; there are ${namespace}, ${environment} and ${experiment}", name)
	case name == "namespace" || name == "environment" || name == "experiment":
		return fmt.Errorf("$%s is not replaced: write ${%s}", name, name)
	}
	return nil
}

// isGroup says whether the name is that of a group of a regular expression in the text:
// its number, or the name that it was given there.
func isGroup(text, name string) bool {
	return regexp.MustCompile(`^[0-9]+$`).MatchString(name) || strings.Contains(text, "(?P<"+name+">") || strings.Contains(text, "(?<"+name+">")
}
