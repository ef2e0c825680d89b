// Package examples holds the commented specs that the demo and the tests use and
// that a team can start from.
package examples

import "embed"

// Shop is the demo shop: an environment template and its experiments, below the
// folder "shop".
//
//go:embed shop
var Shop embed.FS
