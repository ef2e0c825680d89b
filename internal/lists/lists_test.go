package lists

import (
	"encoding/json"
	"testing"
	"time"
)

// TestEmptyListsAreLists wherever they are; what is no list stays as it is.
func TestEmptyListsAreLists(t *testing.T) {
	type inner struct {
		Marks []string        `json:"marks"`
		Extra []string        `json:"extra,omitempty"`
		At    time.Time       `json:"at"`
		None  *int            `json:"none"`
		Raw   json.RawMessage `json:"raw"`
	}
	type outer struct {
		inner
		Steps []inner          `json:"steps"`
		Next  *inner           `json:"next"`
		Any   any              `json:"any"`
		Named map[string]inner `json:"named"`
	}
	one := inner{At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Raw: json.RawMessage("1")}
	const want = `{"marks":[],"at":"2026-01-02T03:04:05Z","none":null,"raw":1}`
	for name, tc := range map[string]struct {
		value any
		want  string
	}{
		"alone":  {[]string(nil), "[]"},
		"struct": {one, want},
		"deep": {
			map[string]any{"x": &outer{Steps: []inner{one}, Next: &one, Any: []inner(nil), Named: map[string]inner{"a": one}}},
			`{"x":{"marks":[],"at":"0001-01-01T00:00:00Z","none":null,"raw":null,"steps":[` + want + `],"next":` + want + `,"any":[],"named":{"a":` + want + `}}}`,
		},
		"nothing": {nil, "null"},
	} {
		got, err := json.Marshal(Filled(tc.value))
		if err != nil || string(got) != tc.want {
			t.Errorf("%s: error %v, got\n%s, want\n%s", name, err, got, tc.want)
		}
	}
}
