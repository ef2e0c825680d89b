package provisioner_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/provisioner"
)

// document is a valid one, changed by the test.
func document(change func(*provisioner.Document)) provisioner.Document {
	d := provisioner.NewDocument("demo").WithDefaults()
	change(&d)
	return d
}

func TestValidate(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*provisioner.Document)
		want   []string
	}{
		{"defaults", func(*provisioner.Document) {}, nil},
		{"existing", func(d *provisioner.Document) {
			d.Spec = provisioner.Spec{Driver: "existing", Existing: &provisioner.Existing{Kubeconfig: "k"}}
		}, nil},
		{"wrong kind", func(d *provisioner.Document) { d.Kind, d.APIVersion = "Pod", "v1" }, []string{"apiVersion", "kind"}},
		{"no name", func(d *provisioner.Document) { d.Metadata.Name = "" }, []string{"metadata.name"}},
		{"long name", func(d *provisioner.Document) { d.Metadata.Name = strings.Repeat("a", 41) }, []string{"metadata.name"}},
		{"no label", func(d *provisioner.Document) { d.Metadata.Name = "Demo_1" }, []string{"metadata.name"}},
		{"path as name", func(d *provisioner.Document) { d.Metadata.Name = "../x" }, []string{"metadata.name"}},
		{"digit first", func(d *provisioner.Document) { d.Metadata.Name = "1a" }, []string{"metadata.name"}},
		{"unknown driver", func(d *provisioner.Document) { d.Spec.Driver = "kind" }, []string{"spec.driver"}},
		{"no nodes", func(d *provisioner.Document) { d.Spec.Nodes = -1 }, []string{"spec.nodes"}},
		{"too many nodes", func(d *provisioner.Document) { d.Spec.Nodes = 101 }, []string{"spec.nodes"}},
		{"existing in a sandbox", func(d *provisioner.Document) { d.Spec.Existing = &provisioner.Existing{} }, []string{"spec.existing"}},
		{"existing with nodes and nothing else", func(d *provisioner.Document) { d.Spec.Driver = "existing" }, []string{"spec.nodes", "spec.existing.kubeconfig"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, p := range document(test.change).Validate() {
				got = append(got, p.Key)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("keys with problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRefusesUnknownFields(t *testing.T) {
	if _, err := provisioner.Parse([]byte(`{"spec":{"nodez":3}}`)); err == nil || !strings.Contains(err.Error(), "nodez") {
		t.Errorf("error %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"apiVersion":"shakedown.dev/v1","kind":"Cluster","metadata":{"name":"a"},"spec":{"driver":"sandbox","nodes":3}}`))
	f.Add([]byte(`{"spec":{"driver":"existing","existing":{"kubeconfig":"k","context":"c"}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := provisioner.Parse(raw)
		if err != nil {
			return
		}
		filled := d.WithDefaults()
		if diff := cmp.Diff(filled, filled.WithDefaults()); diff != "" {
			t.Errorf("defaults are not stable:\n%s", diff)
		}
		if len(filled.Validate()) == 0 && (strings.ContainsAny(filled.Metadata.Name, "/. ") || filled.Metadata.Name == "") {
			t.Errorf("name %q is valid", filled.Metadata.Name)
		}
	})
}
