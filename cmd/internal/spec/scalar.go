package spec

import (
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// scalar decodes text, numbers and booleans. Text must be written as text where
// YAML would read something else, so that a version 1.10 does not become 1.1.
func (d *decoder) scalar(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind != yaml.ScalarNode {
		d.fail(n, key, "is a %s, want %s", kindName(n), typeName(v.Type()))
		return
	}
	if !setScalar(n, v) {
		d.fail(n, key, "is %s, want %s%s", describe(n), typeName(v.Type()), quoteHint(n, v))
	}
}

func setScalar(n *yaml.Node, v reflect.Value) bool {
	switch {
	case v.Kind() == reflect.String && n.Tag == "!!str":
		v.SetString(n.Value)
		return true
	case v.Kind() == reflect.Bool && n.Tag == "!!bool":
		v.SetBool(strings.EqualFold(n.Value, "true"))
		return true
	case v.Kind() == reflect.Interface:
		var free any
		err := n.Decode(&free)
		v.Set(reflect.ValueOf(&free).Elem())
		return err == nil
	case n.Tag == "!!int" || n.Tag == "!!float":
		return setNumber(n, v)
	default:
		return false
	}
}

func setNumber(n *yaml.Node, v reflect.Value) bool {
	switch {
	case v.CanInt():
		i, err := strconv.ParseInt(n.Value, 0, v.Type().Bits())
		v.SetInt(i)
		return err == nil
	case v.CanUint():
		u, err := strconv.ParseUint(n.Value, 0, v.Type().Bits())
		v.SetUint(u)
		return err == nil
	case v.CanFloat():
		f, err := strconv.ParseFloat(n.Value, v.Type().Bits())
		v.SetFloat(f)
		return err == nil
	default:
		return false
	}
}

func describe(n *yaml.Node) string {
	if n.Tag == "!!str" {
		return "the text " + strconv.Quote(n.Value)
	}
	return kindName(n) + " " + n.Value
}

func quoteHint(n *yaml.Node, v reflect.Value) string {
	if v.Kind() == reflect.String {
		return " (write " + strconv.Quote(n.Value) + " with the quotes)"
	}
	return ""
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "map"
	case yaml.SequenceNode:
		return "list"
	case yaml.ScalarNode, yaml.DocumentNode, yaml.AliasNode:
	}
	names := map[string]string{"!!str": "text", "!!int": "number", "!!float": "number", "!!bool": "boolean"}
	if name, ok := names[n.Tag]; ok {
		return name
	}
	return strings.TrimPrefix(n.Tag, "!!")
}

func typeName(t reflect.Type) string {
	switch {
	case t.Kind() == reflect.String:
		return "text"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64:
		return "a whole number"
	case t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uintptr:
		return "a whole number, 0 or more"
	default:
		return "a number"
	}
}
