package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

func TestWhatIsUntouchedHolds(t *testing.T) {
	for name, tc := range map[string]struct {
		value func(int) float64
		want  record.Word
	}{"passed": {held, record.Passed}, "failed": {broke, record.Failed}} {
		t.Run(name, func(t *testing.T) {
			r := killed(t, tc.value)
			raw := encode(t, r)
			var indented bytes.Buffer
			if err := json.Indent(&indented, raw, "", "   "); err != nil {
				t.Fatal(err)
			}
			for form, raw := range map[string][]byte{"as stored": raw, "indented": indented.Bytes(), "in another order": shuffled(t, raw)} {
				a, err := Of(raw, r.Chain.Hash, silent)
				if err != nil {
					t.Fatal(err)
				}
				if !a.Holds || a.Verdict != tc.want {
					t.Errorf("%s: %s, %v", form, a.Verdict, lines(a))
				}
			}
		})
	}
}

// shuffled is the same JSON with the members of objects in the order of their names.
func shuffled(t *testing.T, raw []byte) []byte {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// lines are the checks that do not hold.
func lines(a Audit) (all []string) {
	for _, c := range a.Checks {
		if !c.Holds {
			all = append(all, fmt.Sprintf("%s: %s", c.Of, c.Name))
		}
	}
	return all
}

// TestTampered has a record that failed, changed by somebody who does not make the chain anew,
// and what of it does not hold.
func TestTampered(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(r *record.Record)
		want   []string
	}{
		{"nothing", func(*record.Record) {}, nil},
		{
			"the verdict is flipped", func(r *record.Record) { r.Verdict.Word = record.Passed },
			[]string{"chain: verdict", "verdict: word"},
		},
		{
			"the reason is prettier", func(r *record.Record) { r.Verdict.Reason = "a hiccup" },
			[]string{"chain: verdict", "verdict: reason"},
		},
		{
			"advice is left out", func(r *record.Record) { r.Verdict.Advice = "" },
			[]string{"chain: verdict", "verdict: advice"},
		},
		{
			"one value is changed", func(r *record.Record) { *r.Probes[0].Samples[10].Value = 1 },
			[]string{"chain: samples of availability", "samples: samples of availability"},
		},
		{
			"one bad sample is made good", func(r *record.Record) {
				*r.Probes[0].Samples[11].Value, r.Probes[0].Samples[11].OK = 1, true
			},
			[]string{"chain: samples of availability", "figures: restored", "figures: outage", "figures: outages of availability", "figures: time out of availability", "figures: timeline", "evidence: hypothesis held", "verdict: reason"},
		},
		{
			"a sample is removed", func(r *record.Record) { r.Probes[0].Samples = slices.Delete(r.Probes[0].Samples, 3, 4) },
			[]string{"chain: samples of availability", "figures: samples"},
		},
		{
			"the order is changed", func(r *record.Record) {
				s := r.Probes[1].Samples
				s[0], s[1] = s[1], s[0]
			},
			[]string{"chain: samples of whole"},
		},
		{
			"the probes change places", func(r *record.Record) { slices.Reverse(r.Probes) },
			[]string{"chain: order and end"},
		},
		{
			"a probe is left out", func(r *record.Record) { r.Probes = r.Probes[1:] },
			[]string{"chain: order and end", "chain: probe availability", "chain: samples of availability", "figures: outage", "verdict: word"},
		},
		{
			"a threshold is lowered", func(r *record.Record) { r.Probes[0].Value = 0 },
			[]string{"chain: probe availability", "samples: samples of availability"},
		},
		{
			"a floor is lower", func(r *record.Record) { r.Probes[0].Floor-- },
			[]string{"chain: probe availability", "figures: floor of availability"},
		},
		{
			"an outage is shorter", func(r *record.Record) { r.Summary.OutageBounds.Least-- },
			[]string{"chain: figures", "figures: outage"},
		},
		{
			"no victim is counted", func(r *record.Record) { r.Summary.Victims = 0 },
			[]string{"chain: figures", "figures: victims"},
		},
		{
			"a line of evidence is met", func(r *record.Record) { r.Evidence[7].Met = true },
			[]string{"chain: evidence", "evidence: hypothesis held"},
		},
		{
			"a line of evidence is left out", func(r *record.Record) { r.Evidence = r.Evidence[:9] },
			[]string{"chain: evidence", "evidence: steady state back within the budget"},
		},
		{
			"a mark is earlier", func(r *record.Record) {
				r.Recovery[len(r.Recovery)-1].At = second(1)
			},
			[]string{"chain: marks"},
		},
		{
			"a guard has allowed it", func(r *record.Record) { r.Steps[0].Decisions[0].Seen = "nobody minds" },
			[]string{"chain: fault 1"},
		},
		{
			"the budget is longer", func(r *record.Record) { r.Experiment.Spec.Recovery.Budget *= 2 },
			[]string{"chain: run", "evidence: steady state back within the budget"},
		},
		{
			"a fault that is none of the method", func(r *record.Record) { r.Steps[0].Index, r.Steps[0].Recovered = -1, false },
			[]string{"chain: fault 1", "evidence: target healed"},
		},
		{"a remark is left out", func(r *record.Record) { r.Notes = nil }, []string{"chain: notes"}},
		{"the time of its end", func(r *record.Record) { r.Ended = r.Ended.Add(1) }, []string{"chain: run"}},
		{"an abort is added", func(r *record.Record) { r.Ending.Aborted = "by me" }, []string{"chain: ending", "verdict: word"}},
		{"the chain is left out", func(r *record.Record) { r.Chain = nil }, []string{"chain: chain", "chain: hash kept elsewhere"}},
		{"the chain is empty", func(r *record.Record) { r.Chain.Links = nil }, []string{"chain: order and end"}},
		{"the last link is left out", func(r *record.Record) { r.Chain.Links = r.Chain.Links[:len(r.Chain.Links)-1] }, []string{"chain: verdict", "chain: order and end"}},
		{"a link counts otherwise", func(r *record.Record) { r.Chain.Links[7].Entries++ }, []string{"chain: notes"}},
		{"another hash", func(r *record.Record) { r.Chain.Hash = "sha256:00" }, []string{"chain: order and end", "chain: hash kept elsewhere"}},
		{
			"written anew as a whole", func(r *record.Record) { *r = killed(t, held) },
			[]string{"chain: hash kept elsewhere"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := killed(t, broke)
			kept := r.Chain.Hash
			r, err := record.Parse(encode(t, r)) // shares nothing with its chain
			if err != nil {
				t.Fatal(err)
			}
			tc.change(&r)
			a, err := Of(encode(t, r), kept, silent)
			if err != nil {
				t.Fatal(err)
			}
			got := lines(a)
			if a.Holds != (len(tc.want) == 0) || a.Holds != (len(got) == 0) {
				t.Errorf("holds is %v: %v", a.Holds, got)
			}
			for _, want := range tc.want {
				if !slices.Contains(got, want) {
					t.Errorf("%q is not in %q", want, got)
				}
			}
		})
	}
}

// TestNothingIsAddedToAChain: what a chain has is what is checked.
func TestNothingIsAddedToAChain(t *testing.T) {
	raw := string(encode(t, killed(t, held)))
	for _, old := range []string{`{"part":"ending",`, `"chain":{`} {
		a, err := Of([]byte(strings.Replace(raw, old, old+`"by":"me",`, 1)), "", silent)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"chain: order and end"}, lines(a)); diff != "" {
			t.Error(diff)
		}
	}
}

// TestRewrittenWithItsChain: a verdict that was flipped, with a chain that fits, is found by
// what its samples show.
func TestRewrittenWithItsChain(t *testing.T) {
	r := killed(t, broke)
	r.Verdict = killed(t, held).Verdict
	if err := r.Seal(); err != nil {
		t.Fatal(err)
	}
	a, err := Of(encode(t, r), "", silent)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"verdict: word", "verdict: reason", "verdict: advice"}, lines(a)); a.Holds || diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNoRecord(t *testing.T) {
	raw := encode(t, killed(t, held))
	change := func(old, new string) []byte { return []byte(strings.Replace(string(raw), old, new, 1)) }
	unfinished := killed(t, held)
	unfinished.Verdict, unfinished.Chain = record.Verdict{}, nil
	old := killed(t, held)
	old.Chain, old.Schema = nil, "shakedown.dev/run/v1"
	full := killed(t, held)
	full.Recovery = make([]record.Mark, 12001)
	for _, tc := range []struct {
		name string
		raw  []byte
		want string
	}{
		{"of no run that there could be", encode(t, full), "more samples, marks and faults than a run may have"},
		{"nothing", nil, "decode run record"},
		{"truncated", raw[:len(raw)/2], "decode run record"},
		{"another version", change("run/v2", "run/v3"), `schema "shakedown.dev/run/v3", and this version of shakedown reads shakedown.dev/run/v2 and shakedown.dev/run/v1`},
		{"no version", []byte(`{}`), `schema ""`},
		{"an older version", encode(t, old), "was written in schema shakedown.dev/run/v1, from before records had chains"},
		{"under way", encode(t, unfinished), "record of run run-1 has no verdict yet"},
		{"of no run", change(`"run":"run-1"`, `"run":""`), "the record of no run"},
		{"another one follows", append(slices.Clone(raw), raw...), "decode run record"},
		{"a name comes twice", change(`"tool":"v0.1.0"`, `"tool":"v0.1.0","verdict":{"word":"passed"}`), `"verdict" comes twice`},
		{"a number that is none", change(`"seed":9223372036854775809`, `"seed":1e999`), "decode run record"},
		{"a list", []byte(`[]`), "decode run record"},
		{"10 MB of junk", bytes.Repeat([]byte("junk "), 2<<20), "decode run record"},
		{"10 MB of brackets", bytes.Repeat([]byte("["), 10<<20), "decode run record"},
		{"more than a record may have", bytes.Repeat([]byte(" "), Most+1), "more than 16 MiB"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Of(tc.raw, "", silent)
			if err == nil || !strings.Contains(err.Error(), tc.want) || events.KindOf(err) != events.KindInvalid {
				t.Errorf("got %v (%v), want %q", err, events.KindOf(err), tc.want)
			}
		})
	}
}

// FuzzOf: no input makes the reader panic, and nothing holds that does not end in the hash
// that was kept.
func FuzzOf(f *testing.F) {
	raw := encode(f, killed(f, broke))
	kept := killed(f, broke).Chain.Hash
	f.Add(raw)
	f.Add([]byte(`{"schema":"shakedown.dev/run/v2","run":"x","verdict":{"word":"failed"},"steps":[{"index":-1,"requested":"2026-01-01T00:00:00Z","victims":[{}]}],"probes":[{"samples":[{"t":"2026-01-01T00:00:01Z"}]}]}`))
	f.Add([]byte(`{"schema":"shakedown.dev/run/v2","run":"x","verdict":{"word":"passed"},"probes":[null],"chain":{"links":[{}]}}`))
	f.Fuzz(func(t *testing.T, changed []byte) {
		a, err := Of(changed, kept, silent)
		if err != nil || !a.Holds {
			return
		}
		if a.Verdict != record.Failed || a.Run != "run-1" {
			t.Errorf("%+v holds", a)
		}
	})
}

// TestEveryByteCounts changes bytes of a record, all over it: either it is no record any more,
// or it does not hold.
func TestEveryByteCounts(t *testing.T) {
	r := killed(t, broke)
	raw := encode(t, r)
	for i := 0; i < len(raw); i += 13 {
		changed := slices.Clone(raw)
		changed[i] ^= []byte{1, 0x20}[i%2] // 0x20 makes a small letter a capital one
		a, err := Of(changed, r.Chain.Hash, silent)
		if err == nil && a.Holds {
			t.Errorf("byte %d may be %q as well as %q: ...%s...", i, changed[i], raw[i], raw[max(0, i-30):min(len(raw), i+30)])
		}
	}
}
