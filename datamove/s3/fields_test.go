package s3

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
)

func TestSampler(t *testing.T) {
	for name, tc := range map[string]struct {
		content string
		cut     bool
		want    map[string]string
	}{
		"an object":     {`{"a":{"b":["x","y"]},"n":1,"z":null}`, false, map[string]string{"$.a.b[*]": "x,y", "$.n": "1"}},
		"lines":         {"{\"a\":\"x\"}\n{\"b\":\"y\"}\n", false, map[string]string{"$.a": "x", "$.b": "y"}},
		"cut off":       {`{"users":[{"email":"canary@example.com"},{"email":"o`, true, map[string]string{"$.users[*].email": "canary@example.com"}},
		"broken":        {`{"a":"x"`, false, map[string]string{"": `{"a":"x"`}},
		"text":          {"12 Canary Street", false, map[string]string{"": "12 Canary Street"}},
		"no text":       {"\x00\x01", false, map[string]string{}},
		"a string":      {`"x"`, false, map[string]string{"$": "x"}},
		"nothing in it": {`{}`, false, map[string]string{"": "{}"}},
		"too deep":      {strings.Repeat("[", 300), true, map[string]string{"": strings.Repeat("[", 300)}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &sampler{most: 5, fields: map[[2]string]*datamove.Field{}}
			s.take("x", "text/plain", []byte(tc.content), tc.cut)
			got := map[string]string{}
			for _, f := range s.all() {
				got[f.Path] = strings.Join(f.Samples, ",")
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzLeaves wants an end, whatever the content.
func FuzzLeaves(f *testing.F) {
	f.Add([]byte(`{"a":[1,"x",{}]}`))
	f.Add([]byte(`]`))
	f.Fuzz(func(_ *testing.T, content []byte) { _, _ = leavesOf(content) })
}
