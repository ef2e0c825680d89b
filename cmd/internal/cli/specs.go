package cli

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
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events"
)

func (f *factory) specs() spec.Reader { return spec.Reader{Kinds: app.Kinds(), Stdin: f.In} }

func newSchemaCmd(f *factory) *cobra.Command {
	kinds := slices.Sorted(maps.Keys(app.Kinds()))
	return &cobra.Command{
		Use: "schema KIND", Short: "Print the JSON Schema of a kind of spec, for editors",
		Long:      "Print the JSON Schema of a kind of spec, for editors. Kinds: " + strings.Join(kinds, ", ") + ".",
		Args:      cobra.ExactArgs(1),
		ValidArgs: kinds,
		RunE: func(_ *cobra.Command, args []string) error {
			construct, ok := app.Kinds()[args[0]]
			if !ok {
				return invalid("shakedown schema "+kinds[0], "kind %q is not known, want one of %s", args[0], strings.Join(kinds, ", "))
			}
			schema := schemaOf(args[0], construct())
			return f.show(result{value: schema, draw: func(w io.Writer) {
				e := json.NewEncoder(w)
				e.SetIndent("", "  ")
				_ = e.Encode(schema) // a schema that was reflected can be encoded
			}})
		},
	}
}

func schemaOf(kind string, document spec.Validator) *jsonschema.Schema {
	switch file := document.(type) {
	case *app.ExperimentFile:
		return reflectSchema(kind, &file.Document, file.Inline())
	case *app.ClusterFile:
		return reflectSchema(kind, &file.Document, nil)
	default:
		return reflectSchema(kind, document, nil)
	}
}

// reflectSchema makes the schema of a document whose structs leave the keys of the parts
// to a table.
func reflectSchema(kind string, document any, parts map[string]any) *jsonschema.Schema {
	r := jsonschema.Reflector{
		ExpandedStruct: true, RequiredFromJSONSchemaTags: true,
		AdditionalFields: func(t reflect.Type) []reflect.StructField {
			if !spec.InlineField(t) {
				return nil
			}
			return partFields(parts)
		},
		Mapper: func(t reflect.Type) *jsonschema.Schema {
			if t == reflect.TypeFor[events.Duration]() {
				return &jsonschema.Schema{Type: "string", Pattern: `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`, Description: "a duration such as 30s or 5m"}
			}
			return nil
		},
	}
	schema := r.Reflect(document)
	schema.Title = fmt.Sprintf("%s (%s)", kind, events.APIVersion)
	if field, ok := schema.Properties.Get("kind"); ok {
		field.Enum = []any{kind}
	}
	return schema
}

// partFields are the parts as fields of a struct.
func partFields(parts map[string]any) []reflect.StructField {
	var fields []reflect.StructField
	for i, key := range slices.Sorted(maps.Keys(parts)) {
		fields = append(fields, reflect.StructField{
			Name: fmt.Sprintf("Part%d", i), Type: reflect.TypeOf(parts[key]), Tag: reflect.StructTag(fmt.Sprintf("json:%q", key+",omitempty")),
		})
	}
	return fields
}
