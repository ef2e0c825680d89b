package chaos

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

type tea struct{ steep, cool time.Duration }

func teaParams() Params[tea] {
	return Params[tea]{
		Seconds("steep", "how long it steeps", func(p *tea, d time.Duration) { p.steep = d }),
		Seconds("cool", "how long it cools", func(p *tea, d time.Duration) { p.cool = d }),
	}
}

func TestParamsParse(t *testing.T) {
	for _, tc := range []struct {
		raw  string
		want tea
		bad  string
	}{
		{raw: ``},
		{raw: `{}`},
		{raw: " \n"},
		{raw: `{"steep": "3m", "cool": "0s"}`, want: tea{steep: 3 * time.Minute}},
		{raw: `null`, bad: "params: must be an object"},
		{raw: `[1]`, bad: "params: must be an object"},
		{raw: `{"steep": "3m"} {}`, bad: "params: must be an object"},
		{raw: `{"steep": 3}`, bad: `params.steep: is 3, want a duration such as "30s"`},
		{raw: `{"steep": "long"}`, bad: `params.steep: "long" is not a duration such as 30s or 5m`},
		{raw: `{"steep": "1500ms"}`, bad: "params.steep: is 1.5s, want whole seconds of 0s or more"},
		{raw: `{"steep": "-1s"}`, bad: "params.steep: is -1s, want whole seconds of 0s or more"},
		{raw: `{"steep": null}`, bad: "params.steep: is null; leave it out"},
		{raw: `{"Steep": "3m", "milk": true, "cool": []}`, bad: "params.cool: is [], want a duration such as \"30s\"\n" +
			"params.Steep: is not a parameter; there is steep, cool\nparams.milk: is not a parameter; there is steep, cool"},
	} {
		t.Run(tc.raw, func(t *testing.T) {
			got, problems := teaParams().Parse(json.RawMessage(tc.raw))
			if problems.Error() != tc.bad || tc.bad == "" && got != tc.want {
				t.Errorf("got %+v, problems %q", got, problems.Error())
			}
		})
	}
}

func TestParamsSchema(t *testing.T) {
	const want = `{"additionalProperties":false,"properties":{"cool":{"type":"string","description":"how long it cools",` +
		`"pattern":"^([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$"},"steep":{"type":"string","description":"how long it steeps",` +
		`"pattern":"^([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$"}},"type":"object"}`
	if d := cmp.Diff(want, string(teaParams().Schema())); d != "" {
		t.Error(d)
	}
}

// FuzzParams: whatever comes in, what is read is what the schema allows.
func FuzzParams(f *testing.F) {
	for _, s := range []string{`{"steep":"3m"}`, `{"cool":"1h1s","x":1}`, `{"steep":"1.5s"}`, `[]`, `{`, `{"steep":"9999999h"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, problems := teaParams().Parse(json.RawMessage(raw))
		if len(problems) == 0 && (got.steep < 0 || got.steep%time.Second != 0 || got.cool < 0 || got.cool%time.Second != 0) {
			t.Errorf("%q was read as %+v", raw, got)
		}
	})
}

func TestWithGrace(t *testing.T) {
	two := events.Duration(2 * time.Second)
	for _, tc := range []struct {
		name, params, want string
		grace              *events.Duration
	}{
		{"neither", "", "", nil},
		{"params only", `{"a":1}`, `{"a":1}`, nil},
		{"grace only", "", `{"gracePeriod":"2s"}`, &two},
		{"both", `{"a":1}`, `{"a":1,"gracePeriod":"2s"}`, &two},
		{"the parameter goes first", `{"gracePeriod":"9s"}`, `{"gracePeriod":"9s"}`, &two},
		{"no object", `[1]`, `[1]`, &two},
		{"null", `null`, `null`, &two},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := withGrace(events.FaultInject{Params: json.RawMessage(tc.params), GracePeriod: tc.grace})
			if string(r.Params) != tc.want {
				t.Errorf("params %s, want %s", r.Params, tc.want)
			}
		})
	}
}
