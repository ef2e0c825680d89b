package probe

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// Decode reads the part of a probe into a pointer to the kind's type. It is strict:
// unknown fields and wrong types are problems.
func Decode(part json.RawMessage, into any) events.Problems {
	d := json.NewDecoder(bytes.NewReader(part))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return events.Problems{{Key: wrong.Field, Message: "is a " + wrong.Value + ", want another type"}}
	}
	message := strings.TrimPrefix(err.Error(), "json: ")
	if field, ok := strings.CutPrefix(message, "unknown field "); ok {
		return events.Problems{{Key: strings.Trim(field, `"`), Message: "unknown field"}}
	}
	return events.Problems{{Message: message}}
}

// encode is the part of a probe as JSON that no further encoding changes.
func encode(part any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(part); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
