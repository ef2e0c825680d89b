package spec

import (
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/shakedown-dev/shakedown/events"
)

// decoder turns a YAML tree into a Go value by its json tags and remembers on
// which line each key stands.
type decoder struct {
	file     string
	lines    map[string]int
	problems events.Problems
	// inline makes empty values for the keys that structs leave to a table.
	inline func() map[string]any
}

func newDecoder(file string) *decoder {
	return &decoder{file: file, lines: map[string]int{}, inline: func() map[string]any { return nil }}
}

func (d *decoder) fail(n *yaml.Node, key, format string, args ...any) {
	d.problems = append(d.problems, events.Problem{
		Where: d.where(n.Line), Key: key, Message: fmt.Sprintf(format, args...),
	})
}

func (d *decoder) where(line int) string {
	if line == 0 {
		return d.file
	}
	return fmt.Sprintf("%s:%d", d.file, line)
}

// locate adds file and line to problems that a document's own check found. A
// key that is not in the file takes the line of its nearest parent.
func (d *decoder) locate(problems events.Problems) events.Problems {
	located := slices.Clone(problems)
	for i := range located {
		located[i].Where = d.where(d.line(located[i].Key))
	}
	return located
}

func (d *decoder) line(key string) int {
	for key != "" {
		if line, ok := d.lines[key]; ok {
			return line
		}
		key = parent(key)
	}
	return d.lines[""]
}

func parent(key string) string {
	return key[:max(strings.LastIndexAny(key, ".["), 0)]
}

// value decodes node into v, which can be set. Aliases are followed; a null
// leaves the zero value.
func (d *decoder) value(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if _, seen := d.lines[key]; !seen {
		d.lines[key] = n.Line
	}
	short := shorthand(n, v)
	switch {
	case isEmpty(n, v):
		d.fail(n, key, "is empty, want text or fields (%s)", strings.Join(fieldNames(v.Type()), ", "))
	case n.Tag == "!!null":
	case short != nil:
		d.scalar(n, reflect.ValueOf(short).Elem(), key)
	case v.Type() == reflect.TypeFor[json.RawMessage]():
		d.raw(n, v, key)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), key)
	case v.CanAddr() && v.Addr().Type().Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		d.text(n, v, key)
	default:
		d.plain(n, v, key)
	}
}

// raw takes the value as JSON, for whoever knows what may stand there.
func (d *decoder) raw(n *yaml.Node, v reflect.Value, key string) {
	var value any
	if err := n.Decode(&value); err != nil { // such as an anchor that contains itself
		d.fail(n, key, "%v", err)
		return
	}
	d.remember(n, key)
	raw, err := json.Marshal(value)
	if err != nil {
		d.fail(n, key, "cannot be written as JSON: %v", err)
		return
	}
	v.SetBytes(raw)
}

// remember notes on which lines the keys below a mapping stand.
func (d *decoder) remember(n *yaml.Node, key string) {
	if n.Kind != yaml.MappingNode {
		return
	}
	d.pairs(n, key, func(name string, keyNode, value *yaml.Node) {
		d.lines[join(key, name)] = keyNode.Line
		d.remember(value, join(key, name))
	})
}

func (d *decoder) text(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind != yaml.ScalarNode {
		d.fail(n, key, "is a %s, want text", kindName(n))
		return
	}
	u, _ := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()) // checked by the caller
	if err := u.UnmarshalText([]byte(n.Value)); err != nil {
		d.fail(n, key, "%v", err)
	}
}

func (d *decoder) plain(n *yaml.Node, v reflect.Value, key string) {
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v, key)
	case reflect.Map:
		d.mapping(n, v, key)
	case reflect.Slice:
		d.list(n, v, key)
	default:
		d.scalar(n, v, key)
	}
}

func (d *decoder) structure(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, key, "is a %s, want fields (%s)", kindName(n), strings.Join(fieldNames(v.Type()), ", "))
		return
	}
	rest, open := inlineField(v)
	known := fieldNames(v.Type())
	var parts map[string]any
	if open {
		parts = d.inline()
		known = append(known, slices.Sorted(maps.Keys(parts))...)
	}
	d.pairs(n, key, func(name string, keyNode, value *yaml.Node) {
		field, ok := fieldByName(v, name)
		part, taken := parts[name]
		switch {
		case ok:
			d.lines[join(key, name)] = keyNode.Line
			d.value(value, field, join(key, name))
		case taken:
			d.lines[join(key, name)] = keyNode.Line
			d.part(value, rest, name, part, join(key, name))
		default:
			d.fail(keyNode, join(key, name), "unknown field%s", events.Suggest(name, known))
		}
	})
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, key, "is a %s, want a map", kindName(n))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	d.pairs(n, key, func(name string, keyNode, value *yaml.Node) {
		d.lines[join(key, name)] = keyNode.Line
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(value, item, join(key, name))
		v.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), item)
	})
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind != yaml.SequenceNode {
		d.fail(n, key, "is a %s, want a list", kindName(n))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		d.value(item, v.Index(i), fmt.Sprintf("%s[%d]", key, i))
	}
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}
