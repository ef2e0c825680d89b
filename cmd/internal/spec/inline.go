package spec

import (
	"encoding/json"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Inliner is a document with structs that leave keys to a table. Such a struct has a
// field of the type map[string]json.RawMessage with the tag `yaml:",inline"`, which takes
// the values of these keys.
type Inliner interface {
	// Inline are pointers to empty values by key, made anew by each call. They say what
	// may stand under the key.
	Inline() map[string]any
}

// InlineField says whether values of the type leave keys to the table of their document.
func InlineField(t reflect.Type) bool {
	_, ok := inlineField(reflect.New(t).Elem())
	return ok
}

func inlineField(v reflect.Value) (reflect.Value, bool) {
	for _, f := range reflect.VisibleFields(v.Type()) {
		if _, options, _ := strings.Cut(f.Tag.Get("yaml"), ","); options == "inline" && f.Type == reflect.TypeFor[map[string]json.RawMessage]() {
			return v.FieldByIndex(f.Index), true
		}
	}
	return reflect.Value{}, false
}

// part decodes the value of a key that a table knows, and puts it into rest as JSON.
func (d *decoder) part(n *yaml.Node, rest reflect.Value, name string, part any, key string) {
	if n.Tag == "!!null" {
		return
	}
	d.value(n, reflect.ValueOf(part).Elem(), key)
	raw, err := json.Marshal(part)
	if err != nil {
		d.fail(n, key, "%v", err)
		return
	}
	if rest.IsNil() {
		rest.Set(reflect.MakeMap(rest.Type()))
	}
	rest.SetMapIndex(reflect.ValueOf(name), reflect.ValueOf(json.RawMessage(raw)))
}
