package s3

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSampler(t *testing.T) {
	for name, tc := range map[string]struct {
		content   string
		truncated bool
		want      map[string]string
	}{
		"an object":     {`{"a":{"b":["x","y"]},"n":1,"z":null}`, false, map[string]string{"$.a.b[*]": "x,y", "$.n": "1"}},
		"lines":         {"{\"a\":\"x\"}\n{\"b\":\"y\"}\n", false, map[string]string{"$.a": "x", "$.b": "y"}},
		"truncated":     {`{"users":[{"email":"canary@example.com"},{"email":"o`, true, map[string]string{"$.users[*].email": "canary@example.com"}},
		"broken":        {`{"a":"x"`, false, map[string]string{"": `{"a":"x"`}},
		"text":          {"12 Canary Street", false, map[string]string{"": "12 Canary Street"}},
		"no text":       {"\x00\x01", false, map[string]string{}},
		"a string":      {`"x"`, false, map[string]string{"$": "x"}},
		"nothing in it": {`{}`, false, map[string]string{"": "{}"}},
		"too deep":      {strings.Repeat("[", 300), true, map[string]string{"": strings.Repeat("[", 300)}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSampler(5)
			sampleContent(s, "x", "text/plain", []byte(tc.content), tc.truncated)
			got := map[string]string{}
			for _, f := range s.All() {
				got[f.Path] = strings.Join(f.Samples, ",")
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}
