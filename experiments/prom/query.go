package prom

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// newParser reads what a Prometheus with its usual settings reads.
func newParser() parser.Parser { return parser.NewParser(parser.Options{}) }

// checkQuery reports what is wrong with a query without asking anybody: its syntax, that
// it does not give one number, or that it reads no metric, so that it could never fail.
func checkQuery(query string) error {
	if strings.TrimSpace(query) == "" {
		return errors.New("is empty")
	}
	if err := spec.CheckVariables(query); err != nil {
		return err
	}
	_, err := selectors(spec.Variables{Namespace: "x", Environment: "x", Experiment: "x"}.Fill(query))
	return err
}

// selectors are the vector selectors of the query, each once, without offsets and "@":
// what counts is whether the metric is being collected now.
func selectors(query string) ([]string, error) {
	expr, err := newParser().ParseExpr(query)
	if err != nil {
		return nil, fmt.Errorf("is no PromQL: %s", firstLine(err.Error()))
	}
	if t := expr.Type(); t != parser.ValueTypeVector && t != parser.ValueTypeScalar {
		return nil, fmt.Errorf("gives a %s; one number is needed", parser.DocumentedType(t))
	}
	var found []string
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if v, ok := n.(*parser.VectorSelector); ok {
			plain := &parser.VectorSelector{Name: v.Name, LabelMatchers: v.LabelMatchers}
			if text := plain.String(); !slices.Contains(found, text) {
				found = append(found, text)
			}
		}
		return nil
	})
	if len(found) == 0 {
		return nil, errors.New("reads no metric: it could never fail")
	}
	return found, nil
}

// indexLabel tells apart the answers of one freshness query.
const indexLabel = "shakedown_selector"

// freshness asks for the time of the newest raw sample of each selector, in one query.
func freshness(selectors []string) string {
	parts := make([]string, 0, len(selectors))
	for i, s := range selectors {
		parts = append(parts, fmt.Sprintf(`label_replace(max(timestamp(%s)), "%s", "%d", "", "")`, s, indexLabel, i))
	}
	return strings.Join(parts, " or ")
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	const most = 200
	if len(line) > most {
		line = line[:most] + "..."
	}
	return line
}
