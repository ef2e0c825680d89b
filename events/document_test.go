package events

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ship is a document of a service.
type ship struct {
	Header
	Spec struct {
		Masts   int               `json:"masts"`
		Length  float64           `json:"length"`
		Sails   []string          `json:"sails"`
		Docked  bool              `json:"docked"`
		Timeout Duration          `json:"timeout"`
		Notes   map[string]string `json:"notes"`
	} `json:"spec"`
}

func TestParseDocument(t *testing.T) {
	t.Parallel()
	want := ship{Header: NewHeader("Ship", "beagle")}
	want.Spec.Masts = 3
	raw, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseDocument[ship]("Ship", append(raw, " \n"...))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
	for name, test := range map[string]struct{ raw, want string }{
		"nothing":            {"", "read Ship: EOF"},
		"no JSON":            {"{", "read Ship: unexpected EOF"},
		"unknown field":      {`{"kindd":"Ship"}`, `read Ship: kindd: unknown field`},
		"unknown field deep": {`{"spec":{"sail":[]}}`, `read Ship: sail: unknown field`},
		"two documents":      {"{}{}", "read Ship: something follows the document"},
		"text after":         {"{} x", "read Ship: something follows the document"},
		"no object":          {"[]", "read Ship: is of type array, want object"},
		"text for a number":  {`{"spec":{"masts":"3"}}`, "read Ship: spec.masts: is of type string, want whole number"},
		"fraction":           {`{"spec":{"masts":1.5}}`, "read Ship: spec.masts: is of type number 1.5, want whole number"},
		"number":             {`{"spec":{"length":true}}`, "read Ship: spec.length: is of type bool, want number"},
		"list":               {`{"spec":{"sails":"main"}}`, "read Ship: spec.sails: is of type string, want array"},
		"truth":              {`{"spec":{"docked":"yes"}}`, "read Ship: spec.docked: is of type string, want boolean"},
		"duration":           {`{"spec":{"timeout":5}}`, "read Ship: spec.timeout: is of type number, want string"},
		"map":                {`{"spec":{"notes":[]}}`, "read Ship: spec.notes: is of type array, want object"},
		"name":               {`{"metadata":{"name":5}}`, "read Ship: metadata.name: is of type number, want string"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseDocument[ship]("Ship", []byte(test.raw))
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Kind != KindInvalid || !strings.HasPrefix(e.Message, test.want) || e.Advice != "shakedown schema Ship" {
				t.Errorf("error %v (%#v), want %s", err, e, test.want)
			}
		})
	}
}

func TestHeaderCheck(t *testing.T) {
	t.Parallel()
	if p := NewHeader("Ship", "beagle").Check("Ship"); len(p) > 0 {
		t.Errorf("a good header has problems: %v", p)
	}
	want := Problems{
		{Key: "apiVersion", Message: `is "v1", want "shakedown.dev/v1"`},
		{Key: "kind", Message: `is "Boat", want "Ship"`},
		{Key: "metadata.name", Message: `"HMS Beagle" is not a DNS label: at most 63 of a-z, 0-9 and '-', not '-' at either end`},
	}
	got := Header{APIVersion: "v1", Kind: "Boat", Metadata: Metadata{Name: "HMS Beagle"}}.Check("Ship")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestIsDNSLabel(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", MaxDNSLabel)
	for text, want := range map[string]bool{
		"shop": true, "pr-123": true, "1": true, long: true, long + "a": false,
		"": false, "-a": false, "a-": false, "Shop": false, "a.b": false, "a_b": false, "ä": false, "a b": false, "a\n": false,
	} {
		if got := IsDNSLabel(text); got != want {
			t.Errorf("IsDNSLabel(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestOwned(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		labels map[string]string
		want   bool
	}{
		"ours":                 {map[string]string{LabelManagedBy: Manager, LabelEnvironment: "shop", LabelInstallation: "a"}, true},
		"another environment":  {map[string]string{LabelManagedBy: Manager, LabelEnvironment: "cart", LabelInstallation: "a"}, false},
		"another manager":      {map[string]string{LabelManagedBy: "Helm", LabelEnvironment: "shop", LabelInstallation: "a"}, false},
		"no manager":           {map[string]string{LabelEnvironment: "shop", LabelInstallation: "a"}, false},
		"another installation": {map[string]string{LabelManagedBy: Manager, LabelEnvironment: "shop", LabelInstallation: "b"}, false},
		"no installation":      {map[string]string{LabelManagedBy: Manager, LabelEnvironment: "shop"}, false},
		"no labels":            {nil, false},
	} {
		if got := (Owner{Installation: "a", Environment: "shop"}).Owns(test.labels); got != test.want {
			t.Errorf("%s: owned %v, want %v", name, got, test.want)
		}
		if got := IsUnadopted(test.labels, "shop"); got != (name == "no installation") {
			t.Errorf("%s: unadopted %v", name, got)
		}
	}
	if (Owner{Environment: "shop"}).Owns(map[string]string{LabelManagedBy: Manager, LabelEnvironment: "shop"}) {
		t.Error("one without an installation owns something")
	}
}
