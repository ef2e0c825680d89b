package chaos

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Params are the parameters of a kind: one row each, from which both the JSON
// Schema and the parser are made. T is what they are read into.
type Params[T any] []Param[T]

// Param is one parameter.
type Param[T any] struct {
	Name   string
	Schema Schema
	// Read sets it from its JSON and says what is wrong with that.
	Read func(raw json.RawMessage, into *T) error
}

// Schema is the part of JSON Schema that parameters need.
type Schema struct {
	Type        string `json:"type"`
	Description string `json:"description"`
	Pattern     string `json:"pattern,omitempty"`
}

// Parse reads an object strictly: unknown keys, wrong types and bad values are
// problems, all at once, each with its key. Nothing at all is an empty object.
func (ps Params[T]) Parse(raw json.RawMessage) (T, events.Problems) {
	var params T
	if len(bytes.TrimSpace(raw)) == 0 {
		return params, nil
	}
	given := map[string]json.RawMessage(nil)
	if err := json.Unmarshal(raw, &given); err != nil || given == nil {
		return params, events.Problems{{Key: "params", Message: "must be an object"}}
	}
	var problems events.Problems
	for _, p := range ps {
		value, set := given[p.Name]
		delete(given, p.Name)
		if !set {
			continue
		}
		if string(value) == "null" {
			problems = append(problems, events.Problem{Key: "params." + p.Name, Message: "is null; leave it out"})
		} else if err := p.Read(value, &params); err != nil {
			problems = append(problems, events.Problem{Key: "params." + p.Name, Message: err.Error()})
		}
	}
	return params, append(problems, ps.unknown(given)...)
}

// unknown makes a problem of each key that is left over.
func (ps Params[T]) unknown(left map[string]json.RawMessage) events.Problems {
	var problems events.Problems
	for key := range left {
		problems = append(problems, events.Problem{Key: "params." + key, Message: "is not a parameter; " + ps.known()})
	}
	slices.SortFunc(problems, func(a, b events.Problem) int { return strings.Compare(a.Key, b.Key) })
	return problems
}

func (ps Params[T]) known() string {
	if len(ps) == 0 {
		return "there are none"
	}
	names := make([]string, 0, len(ps))
	for _, p := range ps {
		names = append(names, p.Name)
	}
	return "there is " + strings.Join(names, ", ")
}

// Schema is the JSON Schema of the whole object.
func (ps Params[T]) Schema() json.RawMessage {
	properties := make(map[string]Schema, len(ps))
	for _, p := range ps {
		properties[p.Name] = p.Schema
	}
	return encode(map[string]any{"type": "object", "additionalProperties": false, "properties": properties})
}

// Seconds is a parameter that is a duration in whole seconds, 0s or more.
func Seconds[T any](name, description string, set func(*T, time.Duration)) Param[T] {
	return Param[T]{
		Name:   name,
		Schema: Schema{Type: "string", Description: description, Pattern: `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`},
		Read: func(raw json.RawMessage, into *T) error {
			var d events.Duration
			if err := json.Unmarshal(raw, &d); err != nil {
				return badDuration(raw, err)
			}
			if d < 0 || d.Std()%time.Second != 0 {
				return fmt.Errorf("is %s, want whole seconds of 0s or more", d)
			}
			set(into, d.Std())
			return nil
		},
	}
}

func badDuration(raw json.RawMessage, err error) error {
	if _, wrongType := errors.AsType[*json.UnmarshalTypeError](err); wrongType {
		return fmt.Errorf("is %.40s, want a duration such as \"30s\"", raw)
	}
	return err
}
