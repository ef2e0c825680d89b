package chaos

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTypedParams(t *testing.T) {
	type bag struct {
		On   bool
		N    int
		Name string
	}
	params := Params[bag]{
		Flag("on", "whether", func(b *bag, on bool) { b.On = on }),
		Count("n", "how many", 2, func(b *bag, n int) { b.N = n }),
		Text("name", "what", func(s string) error {
			if s == "" {
				return errors.New("is empty")
			}
			return nil
		}, func(b *bag, s string) { b.Name = s }),
	}
	for _, tc := range []struct {
		raw, problem string
		want         bag
	}{
		{`{"on": true, "n": 2, "name": "x"}`, "", bag{true, 2, "x"}},
		{`{"on": "yes"}`, "params.on: is \"yes\", want true or false", bag{}},
		{`{"n": 1}`, "params.n: is 1, want a whole number of 2 or more", bag{}},
		{`{"n": 2.5}`, "params.n: is 2.5, want", bag{}},
		{`{"n": "3"}`, "params.n", bag{}},
		{`{"name": ""}`, "params.name: is empty", bag{}},
		{`{"name": 3}`, "params.name: is 3, want a text", bag{}},
	} {
		got, problems := params.Parse(json.RawMessage(tc.raw))
		if (len(problems) == 0) != (tc.problem == "") || len(problems) > 0 && !strings.Contains(problems.Error(), tc.problem) {
			t.Errorf("%s: %v, want %q", tc.raw, problems, tc.problem)
		}
		if d := cmp.Diff(tc.want, got); d != "" && tc.problem == "" {
			t.Errorf("%s: %s", tc.raw, d)
		}
	}
}
