package spec

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

// fleet is a document whose ships carry what a table knows.
type fleet struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Ships      []carrier `json:"ships"`
}

type carrier struct {
	Name  string                     `json:"name"`
	Cargo map[string]json.RawMessage `json:"-" yaml:",inline"`
}

type grain struct {
	Tons int `json:"tons"`
}

func (*fleet) Inline() map[string]any { return map[string]any{"grain": &grain{}, "tea": &struct{}{}} }

func (f *fleet) Validate() events.Problems {
	if len(f.Ships) > 0 && len(f.Ships[0].Cargo) > 1 {
		return events.Problems{{Key: "ships[0].tea", Message: "does not go with grain"}}
	}
	return nil
}

func TestInline(t *testing.T) {
	const head = "apiVersion: shakedown.dev/v1\nkind: Fleet\nships:\n"
	for _, tc := range []struct{ name, yaml, want string }{
		{"good", "- name: a\n  grain: {tons: 3}", ""},
		{"absent", "- name: a\n  grain:", ""},
		{"unknown", "- name: a\n  grai: {tons: 3}", "f.yaml:5: ships[0].grai: unknown field, did you mean grain?"},
		{"unknown field below", "- name: a\n  grain: {tins: 3}", "f.yaml:5: ships[0].grain.tins: unknown field, did you mean tons?"},
		{"wrong type below", "- name: a\n  grain:\n    tons: many", `f.yaml:6: ships[0].grain.tons: is the text "many", want a whole number`},
		{"found by the document", "- name: a\n  grain: {tons: 3}\n  tea: {}", "f.yaml:6: ships[0].tea: does not go with grain"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			reader := Reader{Kinds: map[string]func() Validator{"Fleet": func() Validator { return &fleet{} }}}
			documents, problems := reader.Parse("f.yaml", []byte(head+tc.yaml))
			got := ""
			if len(problems) > 0 {
				got = problems.Error()
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if tc.name != "good" {
				return
			}
			want := []carrier{{Name: "a", Cargo: map[string]json.RawMessage{"grain": json.RawMessage(`{"tons":3}`)}}}
			if diff := cmp.Diff(want, documents[0].Value.(*fleet).Ships); diff != "" {
				t.Error(diff)
			}
		})
	}
	if !InlineField(reflect.TypeFor[carrier]()) || InlineField(reflect.TypeFor[grain]()) {
		t.Error("the wrong type leaves keys to the table")
	}
}
