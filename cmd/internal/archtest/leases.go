package archtest

import (
	"fmt"
	"go/ast"
	"slices"
)

// queue is the one package that reckons with leases.
const queue = "events/work"

// leaseArithmetic reports code outside of the queue that names the type of a lease,
// sets when one expires, or reckons with that. Reading the epoch of a row is allowed.
func leaseArithmetic(sources []source) (found []string) {
	for _, s := range sources {
		if s.isTest() || s.isBelow(queue) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if what := reckons(n); what != "" {
				found = append(found, fmt.Sprintf("%s:%d: %s; leave it to %s", s.path, s.set.Position(n.Pos()).Line, what, queue))
			}
			return true
		})
	}
	return found
}

// reckons says what the node does with a lease, "" for nothing.
func reckons(n ast.Node) string {
	switch n := n.(type) {
	case *ast.TypeSpec:
		if n.Name.Name == "Lease" {
			return "declares a lease"
		}
	case *ast.SelectorExpr:
		if from, ok := n.X.(*ast.Ident); ok && from.Name == "events" && n.Sel.Name == "Lease" {
			return "names events.Lease"
		}
		if isExpiry(n.X) {
			return "reckons with the end of a lease"
		}
	case *ast.AssignStmt:
		if slices.ContainsFunc(n.Lhs, isExpiry) {
			return "sets the end of a lease"
		}
	case *ast.CallExpr:
		if slices.ContainsFunc(n.Args, isExpiry) {
			return "reckons with the end of a lease"
		}
	}
	return ""
}

// isExpiry says whether the expression is the field Expires of something.
func isExpiry(e ast.Expr) bool {
	selector, ok := e.(*ast.SelectorExpr)
	return ok && selector.Sel.Name == "Expires"
}
