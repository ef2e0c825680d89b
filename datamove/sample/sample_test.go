package sample

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
)

func TestSampler(t *testing.T) {
	s := &Sampler{Store: "redis", Values: 2, Bytes: 4, Fields: 3, Paths: 2, Distinct: true}
	s.Add("user:*", "$.mail", "string", "a@b")
	s.Add("user:*", "$.mail", "string", "a@b")
	s.Add("user:*", "$.mail", "string", "long text")
	s.Add("user:*", "$.mail", "string", "one too many")
	s.Add("user:*", "$.name", "string", "Ann")
	s.Add("user:*", "$.third", "string", "x") // as one of all
	s.Add("cart:*", "", "list", "no more fields")
	want := []datamove.Field{
		{Store: "redis", Name: "user:*", Type: "string", Samples: []string{"x"}},
		{Store: "redis", Name: "user:*", Path: "$.mail", Type: "string", Samples: []string{"a@b", "long"}},
		{Store: "redis", Name: "user:*", Path: "$.name", Type: "string", Samples: []string{"Ann"}},
	}
	if diff := cmp.Diff(want, s.All()); diff != "" {
		t.Error(diff)
	}
}

func TestLeaves(t *testing.T) {
	for name, tc := range map[string]struct {
		content string
		want    string
		err     error
	}{
		"an object":     {`{"a":{"b":["x","y"]},"n":1.50,"z":null}`, "$.a.b[*]=x $.a.b[*]=y $.n=1.50", nil},
		"lines":         {"{\"a\":\"x\"}\n{\"b\":\"y\"}\n", "$.a=x $.b=y", nil},
		"truncated":     {`{"users":[{"email":"canary@example.com"},{"email":"o`, "$.users[*].email=canary@example.com", io.ErrUnexpectedEOF},
		"a string":      {`"x"`, "$=x", nil},
		"nothing in it": {`{}`, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			leaves, err := Leaves([]byte(tc.content))
			var got []string
			for _, l := range leaves {
				got = append(got, fmt.Sprintf("%s=%s", l.Path, l.Value))
			}
			if text := strings.Join(got, " "); text != tc.want || !errors.Is(err, tc.err) {
				t.Errorf("leaves %q, %v", text, err)
			}
		})
	}
	if _, err := Leaves([]byte(strings.Repeat("[", 300))); err == nil {
		t.Error("what is too deep is read")
	}
}

// FuzzLeaves wants an end, whatever the content.
func FuzzLeaves(f *testing.F) {
	f.Add([]byte(`{"a":[1,"x",{}]}`))
	f.Add([]byte(`]`))
	f.Fuzz(func(_ *testing.T, content []byte) { _, _ = Leaves(content) })
}
