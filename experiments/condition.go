package experiments

import (
	"regexp"
	"strings"
)

// Variables are what a query may name as ${namespace}, ${environment} and
// ${experiment}.
type Variables struct{ Namespace, Environment, Experiment string }

func (v Variables) fill(query string) string {
	return strings.NewReplacer(
		"${namespace}", v.Namespace, "${environment}", v.Environment, "${experiment}", v.Experiment,
	).Replace(query)
}

// Resolve is the document as it is run in one place: queries with their variables
// filled in.
func (d Document) Resolve(v Variables) Document {
	d = d.WithDefaults()
	for i, p := range d.Spec.Hypothesis {
		if p.Prometheus != nil {
			p.Prometheus.Query = v.fill(p.Prometheus.Query)
		}
		d.Spec.Hypothesis[i] = p
	}
	return d
}

// unknownVariable is the name of the first variable in the query that nothing fills
// in, or "".
func unknownVariable(query string) string {
	rest := Variables{}.fill(query)
	if m := regexp.MustCompile(`\$\{([^}]*)\}`).FindStringSubmatch(rest); m != nil {
		return m[1]
	}
	return ""
}

func comparisons() []string { return []string{">=", ">", "<=", "<", "==", "!="} }

// holds says whether value meets the condition. An unknown comparison never holds.
func holds(value float64, compare string, want float64) bool {
	switch compare {
	case ">=":
		return value >= want
	case ">":
		return value > want
	case "<=":
		return value <= want
	case "<":
		return value < want
	case "==":
		return value == want
	case "!=":
		return value != want
	}
	return false
}

// worse says whether a is farther from the condition than b.
func worse(a, b float64, compare string, want float64) bool {
	switch compare {
	case ">=", ">":
		return a < b
	case "<=", "<":
		return a > b
	}
	return abs(a-want) > abs(b-want)
}

func abs(f float64) float64 { return max(f, -f) }
