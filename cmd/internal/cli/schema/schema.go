// Package schema has the command that prints the JSON Schema of spec files.
package schema

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"
	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

// New is the command schema.
func New(d *kit.Deps) *cobra.Command {
	kinds := slices.Sorted(maps.Keys(app.Kinds()))
	var server kit.Server
	cmd := &cobra.Command{
		Use: "schema KIND", Short: "Print the JSON Schema of a kind of spec, for editors",
		Long: "Print the JSON Schema of a kind of spec, for editors. Kinds: " + strings.Join(kinds, ", ") + ".\n" +
			"The faults of an Experiment are those of the server that runs, or of this program where\nnone does.",
		Args:      cobra.ExactArgs(1),
		ValidArgs: kinds,
		RunE: func(cmd *cobra.Command, args []string) error {
			construct, ok := app.Kinds()[args[0]]
			if !ok {
				return kit.Invalid("shakedown schema "+kinds[0], "kind %q is not known, want one of %s", args[0], strings.Join(kinds, ", "))
			}
			faults, err := d.FaultKinds(cmd.Context(), &server)
			if err != nil {
				return err
			}
			return d.Show(view(of(args[0], construct(), faults.Kinds)))
		},
	}
	server.Flags(cmd.Flags())
	return cmd
}

func view(schema *jsonschema.Schema) kit.Result {
	return kit.Result{Value: schema, Draw: func(w io.Writer) {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		_ = e.Encode(schema) // a schema that was reflected can be encoded
	}}
}

// of is the schema of a kind's document.
func of(kind string, document any, faults []events.FaultKind) *jsonschema.Schema {
	parts := map[string]any{}
	if i, ok := document.(spec.Inliner); ok {
		parts = i.Inline()
	}
	switch file := document.(type) {
	case *app.ExperimentFile:
		document = &file.Document
	case *app.ClusterFile:
		document = &file.Document
	case *app.ScheduleFile:
		document = &file.Document
	}
	r := jsonschema.Reflector{
		ExpandedStruct: true, RequiredFromJSONSchemaTags: true, Mapper: mapped,
		AdditionalFields: func(t reflect.Type) []reflect.StructField {
			if !spec.InlineField(t) {
				return nil
			}
			return fields(parts)
		},
	}
	schema := r.Reflect(document)
	schema.Title = fmt.Sprintf("%s (%s)", kind, events.APIVersion)
	if field, ok := schema.Properties.Get("kind"); ok {
		field.Enum = []any{kind}
	}
	listFaults(schema, faults)
	return schema
}

// listFaults names the kinds of faults where one may stand.
func listFaults(schema *jsonschema.Schema, faults []events.FaultKind) {
	fault, ok := schema.Definitions["Fault"]
	if !ok {
		return
	}
	name, _ := fault.Properties.Get("fault") // a Fault without it has another schema
	for _, k := range faults {
		name.Enum = append(name.Enum, k.Name)
	}
}

// fields are the values that may stand inline in a struct, as fields of it.
func fields(parts map[string]any) []reflect.StructField {
	var all []reflect.StructField
	for i, key := range slices.Sorted(maps.Keys(parts)) {
		all = append(all, reflect.StructField{
			Name: fmt.Sprintf("Part%d", i), Type: reflect.TypeOf(parts[key]), Tag: reflect.StructTag(fmt.Sprintf("json:%q", key+",omitempty")),
		})
	}
	return all
}

// mapped is the schema of a type that is written as text.
func mapped(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[events.Duration]():
		return &jsonschema.Schema{Type: "string", Pattern: `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`, Description: "a duration such as 30s or 5m"}
	case reflect.TypeFor[envs.Variable]():
		return variable()
	case reflect.TypeFor[envs.Quantity]():
		text, number := &jsonschema.Schema{Type: "string"}, &jsonschema.Schema{Type: "number"}
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{text, number}, Description: "a quantity of Kubernetes such as 100m, 0.5 or 64Mi"}
	}
	return nil
}

// variable is the schema of a value that is a text, or names a key of a Secret.
func variable() *jsonschema.Schema {
	secret := &jsonschema.Schema{
		Type: "object", Properties: jsonschema.NewProperties(), Required: []string{"secret", "key"}, AdditionalProperties: jsonschema.FalseSchema,
	}
	secret.Properties.Set("secret", &jsonschema.Schema{Type: "string", Description: "name of a Secret in the environment's namespace"})
	secret.Properties.Set("key", &jsonschema.Schema{Type: "string", Description: "key of the Secret"})
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "string"}, secret}}
}
