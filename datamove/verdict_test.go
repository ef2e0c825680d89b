package datamove

import (
	"slices"
	"strings"
	"testing"
)

func whole() Part {
	return Part{
		Name: "shop", Snapshot: Snapshot{Method: "one connection", Consistent: true},
		Units:   []Unit{{Name: "a", Equal: true, Source: Sum{Items: 2, Checksum: "x"}, Target: Sum{Items: 2, Checksum: "x"}}},
		Objects: []Object{{Kind: "view", Name: "v", Equal: true}},
	}
}

// partCase changes a part that is equal, and says what is thought of it.
type partCase struct {
	name   string
	change func(p *Part)
	want   Verdict
	reason string
}

func partCases() []partCase {
	return []partCase{
		{"all the same", func(*Part) {}, Equal, ""},
		{"nothing to copy", func(p *Part) { p.Units, p.Objects = nil, nil }, Equal, ""},
		{"never read", func(p *Part) { p.Snapshot = Snapshot{} }, Incomplete, "never read"},
		{"a unit says it is not", func(p *Part) { p.Units[0].Equal = false }, Different, "a is not the same"},
		{"another count", func(p *Part) { p.Units[0].Target.Items++ }, Different, "a is not the same"},
		{"another checksum", func(p *Part) { p.Units[0].Target.Checksum = "y" }, Different, "a is not the same"},
		{"no checksum of the target", func(p *Part) { p.Units[0].Target.Checksum = "" }, Different, "a is not the same"},
		{"no checksum at all", func(p *Part) { p.Units[0].Source.Checksum, p.Units[0].Target.Checksum = "", "" }, Incomplete, "a has no checksum"},
		{"empty on both sides", func(p *Part) { p.Units[0].Source, p.Units[0].Target = Sum{}, Sum{} }, Equal, ""},
		{"a chunk is not the same", func(p *Part) {
			p.Units[0].Chunks = []Chunk{{Range: "(1)", Source: Sum{Items: 1, Checksum: "x"}, Target: Sum{Items: 1, Checksum: "y"}}}
		}, Different, "a is not the same"},
		{"an object", func(p *Part) { p.Objects[0].Equal = false }, Different, "view v"},
		{"a difference", func(p *Part) { p.Differences = []Difference{{Unit: "a", ID: "1", What: "extra"}} }, Different, "differences"},
		{"an unlisted difference", func(p *Part) { p.MoreDifferences = 1 }, Different, "differences"},
		{"incomplete before", func(p *Part) { p.Verdict, p.Reason = Incomplete, "connection lost" }, Incomplete, "connection lost"},
		{"refused before", func(p *Part) { p.Verdict, p.Reason, p.Units[0].Equal = Refused, "no rights", false }, Refused, "no rights"},
		{"different before", func(p *Part) { p.Verdict, p.Reason = Different, "row 7" }, Different, "row 7"},
		{"equal before", func(p *Part) { p.Verdict = Equal; p.Units[0].Equal = false }, Different, "a is not the same"},
		{"an unknown word before", func(p *Part) { p.Verdict = "fine" }, Incomplete, "fine"},
	}
}

func TestJudgePart(t *testing.T) {
	for _, tc := range partCases() {
		t.Run(tc.name, func(t *testing.T) {
			p := whole()
			tc.change(&p)
			if got := p.Judge(); got != tc.want || !strings.Contains(p.Reason, tc.reason) || got == Equal && p.Reason != "" {
				t.Errorf("%s (%s), want %s (%s)", got, p.Reason, tc.want, tc.reason)
			}
		})
	}
}

func TestJudgeReport(t *testing.T) {
	other := whole()
	other.Name, other.Units[0].Equal = "cache", false
	cut := whole()
	cut.Name, cut.Verdict, cut.Reason = "files", Incomplete, "connection lost"
	for _, tc := range []struct {
		name   string
		report Report
		want   Verdict
		reason string
	}{
		{"nothing", Report{}, Incomplete, "nothing was compared"},
		{"nothing, refused", Report{Verdict: Refused, Reason: "a guard"}, Refused, "a guard"},
		{"one", Report{Parts: []Part{whole()}}, Equal, ""},
		{"the worst", Report{Parts: []Part{whole(), other, cut}}, Incomplete, "files: connection lost"},
		{"the worst first", Report{Parts: []Part{cut, whole()}}, Incomplete, "files: connection lost"},
		{"different", Report{Parts: []Part{other, whole()}}, Different, "cache: a is not"},
		{"never upgraded", Report{Verdict: Incomplete, Reason: "stopped", Parts: []Part{whole()}}, Incomplete, "stopped"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := tc.report
			if got := r.Judge(); got != tc.want || r.Verdict != got || !strings.HasPrefix(r.Reason, tc.reason) {
				t.Errorf("%s (%s), want %s (%s)", got, r.Reason, tc.want, tc.reason)
			}
			if again := r.Judge(); again != tc.want {
				t.Errorf("decided again it is %s", again)
			}
		})
	}
}

// FuzzJudge says that nothing upgrades a verdict, and that equal needs evidence.
func FuzzJudge(f *testing.F) {
	f.Add(uint8(0), uint8(0), "m", true, true, int64(2), int64(2), "x", "x", int64(0))
	f.Add(uint8(3), uint8(1), "", false, true, int64(2), int64(3), "x", "", int64(1))
	f.Fuzz(func(t *testing.T, run, before uint8, method string, unit, object bool, source, target int64, sourceSum, targetSum string, more int64) {
		order := []Verdict{"", Equal, Different, Incomplete, Refused}
		r := Report{Verdict: order[run%5], Parts: []Part{whole(), {
			Verdict: order[before%5], Snapshot: Snapshot{Method: method}, MoreDifferences: more,
			Units:   []Unit{{Name: "u", Equal: unit, Source: Sum{Items: source, Checksum: sourceSum}, Target: Sum{Items: target, Checksum: targetSum}}},
			Objects: []Object{{Equal: object}},
		}}}
		had := max(slices.Index(order, r.Verdict), slices.Index(order, r.Parts[1].Verdict))
		got := r.Judge()
		if slices.Index(order, got) < had {
			t.Errorf("%s and %s became %s", order[run%5], order[before%5], got)
		}
		evidence := method != "" && unit && object && source == target && sourceSum == targetSum && more == 0 && (sourceSum != "" || source == 0)
		if got == Equal && !evidence {
			t.Errorf("equal without evidence: %+v", r.Parts[1])
		}
		if got != Equal && had < 2 && r.Reason == "" {
			t.Errorf("%s without a reason", got)
		}
	})
}
