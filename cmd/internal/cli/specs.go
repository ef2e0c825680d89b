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
		return reflectSchema(kind, &file.Document)
	case *app.ClusterFile:
		return reflectSchema(kind, &file.Document)
	default:
		return reflectSchema(kind, document)
	}
}

func reflectSchema(kind string, document any) *jsonschema.Schema {
	r := jsonschema.Reflector{
		ExpandedStruct: true, RequiredFromJSONSchemaTags: true,
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
