package prom

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// What a document may allow by name although it makes evidence worse.
const (
	allowOffset   = "offset"
	allowAt       = "at"
	allowFallback = "fallback"
	allowWindow   = "window"
)

// Allowed are the names of what may be allowed.
func allowed() []string { return []string{allowOffset, allowAt, allowFallback, allowWindow} }

// shape is what a query reads, and what it cannot see.
type shape struct {
	// selectors are those that must have current samples, each once; optional are those that
	// a fallback stands for when they have none.
	selectors, optional []string
	// reach is the longest window, with those of subqueries.
	reach time.Duration
	// windows are the ranges of the query.
	windows []time.Duration
	// weak is what makes evidence worse, by the name under which it is allowed.
	weak map[string]string
}

// shapeOf reads a query. What it reads is taken without offsets and "@": what counts is
// whether the metric is being collected now.
func shapeOf(query string) (shape, error) {
	expr, err := newParser().ParseExpr(query)
	if err != nil {
		return shape{}, fmt.Errorf("is no PromQL: %s", firstLine(err.Error()))
	}
	if t := expr.Type(); t != parser.ValueTypeVector && t != parser.ValueTypeScalar {
		return shape{}, fmt.Errorf("gives a %s; one number is needed", parser.DocumentedType(t))
	}
	s := shape{weak: map[string]string{}}
	var fixed error
	parser.Inspect(expr, func(n parser.Node, path []parser.Node) error {
		switch n := n.(type) {
		case *parser.VectorSelector:
			s.selector(n, path)
		case *parser.BinaryExpr:
			if isZero(n.LHS) || isZero(n.RHS) {
				if n.Op == parser.MUL || n.Op == parser.POW && isZero(n.RHS) {
					fixed = fmt.Errorf("takes %s: it is the same whatever happens", n)
				}
			}
		}
		return nil
	})
	switch {
	case fixed != nil:
		return s, fixed
	case len(s.selectors)+len(s.optional) == 0:
		return s, errors.New("reads no metric: it could never fail")
	case len(s.selectors) == 0:
		s.weak[allowFallback] = "a fallback stands for everything that it reads, so that it has a value when there is nothing"
		s.selectors, s.optional = s.optional, nil
	}
	return s, nil
}

func isZero(e parser.Expr) bool {
	for {
		switch inner := e.(type) {
		case *parser.ParenExpr:
			e = inner.Expr
		case *parser.NumberLiteral:
			return inner.Val == 0
		default:
			return false
		}
	}
}

// selector takes in one selector, with what stands around it.
func (s *shape) selector(v *parser.VectorSelector, path []parser.Node) {
	text := (&parser.VectorSelector{Name: v.Name, LabelMatchers: v.LabelMatchers}).String()
	s.around(v, path, text)
	switch optional := standsIn(v, path); {
	case optional && !slices.Contains(s.optional, text):
		s.optional = append(s.optional, text)
	case !optional && !slices.Contains(s.selectors, text):
		s.selectors = append(s.selectors, text)
	}
}

// around takes in the windows, offsets and "@" of a selector.
func (s *shape) around(v *parser.VectorSelector, path []parser.Node, text string) {
	var reach time.Duration
	moved, fixed := v.OriginalOffset != 0 || v.OriginalOffsetExpr != nil, v.Timestamp != nil || v.StartOrEnd != 0
	for _, n := range path {
		switch n := n.(type) {
		case *parser.MatrixSelector:
			reach += n.Range
			s.windows = append(s.windows, n.Range)
		case *parser.SubqueryExpr:
			reach += n.Range
			s.windows = append(s.windows, n.Range)
			moved, fixed = moved || n.OriginalOffset != 0 || n.OriginalOffsetExpr != nil, fixed || n.Timestamp != nil || n.StartOrEnd != 0
		}
	}
	s.reach = max(s.reach, reach)
	if moved {
		s.weak[allowOffset] = fmt.Sprintf("an offset makes it show what was before: %s", text)
	}
	if fixed {
		s.weak[allowAt] = fmt.Sprintf("\"@\" makes it show one moment for ever: %s", text)
	}
}

// standsIn says whether a fallback without a metric stands for the selector when it has no
// series.
func standsIn(v *parser.VectorSelector, path []parser.Node) bool {
	for i, n := range path {
		var child parser.Node = v
		if i+1 < len(path) {
			child = path[i+1]
		}
		if b, ok := n.(*parser.BinaryExpr); ok && b.Op == parser.LOR && child == b.LHS && !reads(b.RHS) {
			return true
		}
	}
	return false
}

// reads says whether an expression reads a metric.
func reads(e parser.Expr) bool {
	found := false
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		_, is := n.(*parser.VectorSelector)
		found = found || is
		return nil
	})
	return found
}

// checkQuery reports what is wrong with a query without asking anybody: its syntax, that
// it does not give one number, that it reads no metric, so that it could never fail, or that
// it cannot show a fault and that is not allowed by name.
func checkQuery(query string, allow []string) error {
	if strings.TrimSpace(query) == "" {
		return errors.New("is empty")
	}
	if err := spec.CheckVariables(query); err != nil {
		return err
	}
	s, err := shapeOf(example(query))
	if err != nil {
		return err
	}
	for _, name := range allowed() {
		if why, weak := s.weak[name]; weak && !slices.Contains(allow, name) {
			return fmt.Errorf("cannot show the fault: %s; to have it all the same, add allow: [%s]", why, name)
		}
	}
	return nil
}

// example is a query with its variables filled in with anything.
func example(query string) string {
	return spec.Variables{Namespace: "x", Environment: "x", Experiment: "x"}.Fill(query)
}

// narrow is the query with no window longer than most.
func narrow(query string, most time.Duration) string {
	expr, err := newParser().ParseExpr(query)
	if err != nil {
		return ""
	}
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.MatrixSelector:
			n.Range = min(n.Range, most)
		case *parser.SubqueryExpr:
			n.Range = min(n.Range, most)
		}
		return nil
	})
	return expr.String()
}
