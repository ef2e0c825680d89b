package spec

import (
	"reflect"

	"go.yaml.in/yaml/v3"
)

// Shorthand is a struct that may be written as a text instead of its fields.
type Shorthand interface {
	// Shorthand is where the text goes.
	Shorthand() *string
}

// shorthand is where the text of the node goes, nil when there is no such place.
func shorthand(n *yaml.Node, v reflect.Value) *string {
	if n.Kind != yaml.ScalarNode || !v.CanAddr() {
		return nil
	}
	if s, ok := reflect.TypeAssert[Shorthand](v.Addr()); ok {
		return s.Shorthand()
	}
	return nil
}
