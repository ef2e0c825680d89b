package logs

import (
	"bytes"
	"encoding/json"
	"strings"
)

// parseJSON reads a line that is one JSON object, as zap, zerolog, slog, bunyan, pino and
// the encoders of logback write it.
func parseJSON(text string) (Record, bool) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") {
		return Record{}, false
	}
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &object) != nil {
		return Record{}, false
	}
	r := Record{Format: "json", fields: func(name string) (string, bool) { return lookUp(object, name) }}
	r.fill(text)
	return r, true
}

// lookUp finds the value of a field: under its whole name, or inside of the object that
// its first part names.
func lookUp(object map[string]json.RawMessage, name string) (string, bool) {
	if raw, ok := object[name]; ok {
		return plainValue(raw), true
	}
	for i := range len(name) {
		if name[i] != '.' {
			continue
		}
		var inner map[string]json.RawMessage
		if json.Unmarshal(object[name[:i]], &inner) == nil && inner != nil {
			if value, ok := lookUp(inner, name[i+1:]); ok {
				return value, true
			}
		}
	}
	return "", false
}

// plainValue is a string without its quotes, and JSON on one line for all else.
func plainValue(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var compact bytes.Buffer
	if json.Compact(&compact, raw) != nil {
		return string(raw)
	}
	return compact.String()
}
