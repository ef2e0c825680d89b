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
	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// specKinds is the one list of the kinds that files may hold.
func specKinds() map[string]func() spec.Validator {
	return map[string]func() spec.Validator{
		"DataCopy":    func() spec.Validator { return &datamove.Document{} },
		"Policy":      func() spec.Validator { return &datamove.PolicyDocument{} },
		"Cluster":     func() spec.Validator { return &clusterFile{} },
		"Environment": func() spec.Validator { return &envs.Document{} },
		"Experiment":  func() spec.Validator { return &experimentFile{} },
	}
}

// experimentFile is an experiment whose probes are checked by their kinds as soon as the
// file is read.
type experimentFile struct{ experiments.Document }

// Validate reports all that is wrong with the document.
func (e *experimentFile) Validate() events.Problems { return app.ProbeKinds().Validate(e.Document) }

// Inline are the parts of the kinds of probes.
func (e *experimentFile) Inline() map[string]any { return app.ProbeKinds().Parts() }

// clusterFile is a cluster whose optional values are filled in before it is checked.
type clusterFile struct{ provisioner.Document }

func (c *clusterFile) Validate() events.Problems { return c.WithDefaults().Validate() }

func (f *factory) specs() spec.Reader { return spec.Reader{Kinds: specKinds(), Stdin: f.In} }

// ofKind picks the documents of one Go type.
func ofKind[T spec.Validator](documents []spec.Document) []T {
	var found []T
	for _, d := range documents {
		if v, ok := d.Value.(T); ok {
			found = append(found, v)
		}
	}
	return found
}

func newSchemaCmd(f *factory) *cobra.Command {
	kinds := slices.Sorted(maps.Keys(specKinds()))
	return &cobra.Command{
		Use: "schema KIND", Short: "Print the JSON Schema of a kind of spec, for editors",
		Long:      "Print the JSON Schema of a kind of spec, for editors. Kinds: " + strings.Join(kinds, ", ") + ".",
		Args:      cobra.ExactArgs(1),
		ValidArgs: kinds,
		RunE: func(_ *cobra.Command, args []string) error {
			construct, ok := specKinds()[args[0]]
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
	case *experimentFile:
		return reflectSchema(kind, &file.Document, file.Inline())
	case *clusterFile:
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
	schema.Title = fmt.Sprintf("%s (%s)", kind, spec.APIVersion)
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
