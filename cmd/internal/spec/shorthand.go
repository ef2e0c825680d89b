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

// isEmpty says whether the node is neither the text of a Shorthand nor has fields.
func isEmpty(n *yaml.Node, v reflect.Value) bool {
	if n.Tag != "!!null" && (n.Kind != yaml.MappingNode || len(n.Content) > 0) || !v.CanAddr() {
		return false
	}
	_, ok := reflect.TypeAssert[Shorthand](v.Addr())
	return ok
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
