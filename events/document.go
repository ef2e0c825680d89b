package events

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
)

// APIVersion is the version that every document names.
const APIVersion = "shakedown.dev/v1"

// Header is what every document begins with. Documents embed it.
type Header struct {
	APIVersion string   `json:"apiVersion" jsonschema:"required,enum=shakedown.dev/v1"`
	Kind       string   `json:"kind" jsonschema:"required"`
	Metadata   Metadata `json:"metadata" jsonschema:"required"`
}

// Metadata names a document.
type Metadata struct {
	Name   string            `json:"name" jsonschema:"required,description=DNS label of at most 63 characters; the namespace of an Environment has the same name"`
	Labels map[string]string `json:"labels,omitempty" jsonschema:"description=labels of your own; those of an Environment are also labels of its namespace"`
}

// NewHeader is the header of a document of the kind.
func NewHeader(kind, name string) Header {
	return Header{APIVersion: APIVersion, Kind: kind, Metadata: Metadata{Name: name}}
}

// DocumentName is the name of the document.
func (h Header) DocumentName() string { return h.Metadata.Name }

// Check reports what is wrong with the header of a document that is to be of the
// kind.
func (h Header) Check(kind string) Problems {
	var p Problems
	p.Check(h.APIVersion == APIVersion, "apiVersion", "is %q, want %q", h.APIVersion, APIVersion)
	p.Check(h.Kind == kind, "kind", "is %q, want %q", h.Kind, kind)
	p.CheckDNSLabel("metadata.name", h.Metadata.Name)
	return p
}

// ParseDocument reads a document of the kind from JSON. It is strict: an unknown
// field, a value of another type and anything that follows the document are
// errors. Whether the values make sense is for the document's own Validate.
// Errors: *Error of KindInvalid, with the key where it is known.
func ParseDocument[T any](kind string, raw []byte) (T, error) {
	var d T
	if problems := DecodeStrict(raw, &d); len(problems) > 0 {
		var none T
		return none, Errorf(KindInvalid, "shakedown schema "+kind, "read %s: %w", kind, problems)
	}
	return d, nil
}

// DecodeStrict reads one value of JSON into a pointer: an unknown field, a value of
// another type and anything that follows are problems, with the key where it is known.
func DecodeStrict(raw []byte, into any) Problems {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		if _, err = decoder.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		err = errors.New("something follows the document")
	}
	return Problems{explainJSON(err)}
}

// explainJSON turns what encoding/json says of a document into a problem of one of its
// keys, as far as the key is known.
func explainJSON(err error) Problem {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		key := strings.TrimPrefix(wrong.Field, "Header.")
		return Problem{Key: key, Message: "is of type " + wrong.Value + ", want " + jsonType(wrong.Type)}
	}
	message := strings.TrimPrefix(err.Error(), "json: ")
	if field, ok := strings.CutPrefix(message, "unknown field "); ok {
		return Problem{Key: strings.Trim(field, `"`), Message: "unknown field"}
	}
	return Problem{Message: message}
}

// jsonType is what JSON calls the type of a value that fits into a t.
func jsonType(t reflect.Type) string {
	switch {
	case t.Kind() == reflect.String || reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return "string"
	case t.Kind() == reflect.Bool:
		return "boolean"
	case t.Kind() == reflect.Struct || t.Kind() == reflect.Map:
		return "object"
	case t.Kind() == reflect.Slice:
		return "array"
	case t.Kind() == reflect.Float64:
		return "number"
	}
	return "whole number"
}
