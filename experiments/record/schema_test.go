package record

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

// TestOlderRecordsAreMigrated: one of version 1 says how its run ended in the words of its
// verdict alone, and its marks have the roles of their names.
func TestOlderRecordsAreMigrated(t *testing.T) {
	for name, tc := range map[string]struct {
		raw  string
		want Record
	}{
		"aborted": {
			`{"schema":"shakedown.dev/run/v1","run":"r","verdict":{"word":"aborted","reason":"by me","advice":"none"},"recovery":[{"mark":"victim-gone"},{"mark":"x","role":"healed"}]}`,
			Record{
				Run: "r", Verdict: Verdict{Word: Aborted, Reason: "by me", Advice: "none"}, Ending: Ending{Aborted: "by me", Advice: "none"},
				Recovery: []Mark{{Mark: events.MarkVictimGone, Role: events.RoleEffect}, {Mark: "x", Role: events.RoleHealed}},
			},
		},
		"not-run": {
			`{"schema":"shakedown.dev/run/v1","verdict":{"word":"not-run","reason":"no","guard":"stop"}}`,
			Record{Verdict: Verdict{Word: NotRun, Reason: "no", Guard: "stop"}, Ending: Ending{NotRun: "no", Guard: "stop"}},
		},
		"passed, with a chain that version 1 does not know": {
			`{"schema":"shakedown.dev/run/v1","verdict":{"word":"passed"},"chain":{"hash":"x"}}`, Record{Verdict: Verdict{Word: Passed}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse([]byte(tc.raw))
			if err != nil {
				t.Fatal(err)
			}
			tc.want.Schema, tc.want.Migrated = Schema, "shakedown.dev/run/v1"
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			if err := got.Verifiable(); err == nil {
				t.Error("it can be verified")
			}
		})
	}
}

// TestARunThatWentOn: a run that began under version 1 and ended under this one can be
// verified.
func TestARunThatWentOn(t *testing.T) {
	r, err := Parse([]byte(`{"schema":"shakedown.dev/run/v1","run":"r"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Verdict.Word = Failed
	if err := r.Seal(); err != nil {
		t.Fatal(err)
	}
	if err := r.Verifiable(); err != nil {
		t.Error(err)
	}
}

// TestCanonical has texts that are the same record and hash alike, and such that are not.
func TestCanonical(t *testing.T) {
	const want = `{"a":[1,-2.5,1e+21,0,null,{}],"b":{"c":"<ü\n"},"n":18446744073709551615}`
	for _, same := range []string{
		`{"a":[1,-2.5,1e21,0,null,{}],"b":{"c":"<ü\n"},"n":18446744073709551615}`,
		"{\n\t\"n\" : 18446744073709551615, \"b\": {\"c\": \"\\u003c\\u00fc\\n\", \"d\": null, \"e\": []},\n \"a\": [1.0, -25e-1, 1E+21, -0, null, {\"x\": []}]}",
	} {
		if got := canonicalOf(t, same); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
	for _, other := range []string{
		`{"a":[1,-2.5,1e21,0,{}],"b":{"c":"<ü\n"},"n":18446744073709551615}`,
		`{"a":[1,-2.5,1e21,0,null,{}],"b":{"c":"<ü\n"},"n":18446744073709551614}`,
		`{"a":[1,-2.5,1e21,0,null,{}],"b":{"C":"<ü\n"},"n":18446744073709551615}`,
	} {
		if got := canonicalOf(t, other); got == want {
			t.Errorf("%s is written as the other one", other)
		}
	}
}

func canonicalOf(t *testing.T, raw string) string {
	t.Helper()
	v, err := decode([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := canonical(&b, v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestSettle: lengths of time stay as the monotonic clock has measured them, also when the
// other clock was set in between.
func TestSettle(t *testing.T) {
	began := time.Now()
	r := Record{
		Queued: began.Round(0).Add(-time.Hour), Started: began,
		Probes: []ProbeSeries{{Samples: []Sample{{At: began.Add(1500 * time.Millisecond).In(time.FixedZone("", 3600))}}}},
	}
	now := r.Settle(began.Add(2 * time.Second))
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var again Record
	if err := json.Unmarshal(raw, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, again, cmp.Comparer(func(a, b time.Time) bool { return a == b })); diff != "" { //nolint:staticcheck // == sees the reading
		t.Error(diff)
	}
	if at := again.Probes[0].Samples[0].At.Sub(again.Started); at != 1500*time.Millisecond || now.Sub(again.Started) != 2*time.Second || again.Started.Sub(again.Queued) != time.Hour {
		t.Errorf("%s, %s, %s", at, now.Sub(again.Started), again.Started.Sub(again.Queued))
	}
}
