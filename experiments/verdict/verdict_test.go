package verdict

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// proof is evidence that passes; tests take things away from it.
func proof() Evidence {
	return Evidence{
		Steps: 1, BaselineNeeded: 5, BackNeeded: 3, BaselineSpan: 3500 * time.Millisecond, Budget: time.Minute,
		Probes: []ProbeEvidence{
			{Name: "availability", Must: spec.MustHold, Before: 5, BeforeSpan: 4 * time.Second, Steps: steps(10), Back: 7, Out: "at most 2 s", Floor: 2 * time.Second},
			{Name: "whole", Must: spec.MustRecover, Before: 5, BeforeSpan: 4 * time.Second, Steps: steps(10), Bad: 2, Back: 7, Out: "2 to 4 s", Floor: 2 * time.Second},
		},
		Faults: []FaultEvidence{{Step: 1, Kind: "pod-kill", Injected: true, Victims: 1, Affected: 1, Closed: true, Recovered: true}},
	}
}

func steps(fresh int) []StepEvidence { return []StepEvidence{{Fresh: fresh, Needed: 8}} }

func TestJudge(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*Evidence)
		want   record.Verdict
	}{
		{"proof", func(*Evidence) {}, record.Verdict{Word: record.Passed, Reason: "the fault was in effect on 1 victim, 1 of 2 probes never broke for longer than 2s, all hold again"}},
		{"no evidence at all", func(e *Evidence) { *e = Evidence{} }, record.Verdict{Word: record.Inconclusive, Reason: `no evidence that "baseline held": 0 probes good`}},
		{
			"too few before", func(e *Evidence) { e.Probes[0].Before = 4; e.Probes[0].Broke = "0.5 at 10:00" },
			record.Verdict{Word: record.Inconclusive, Reason: `no evidence that "baseline held": availability: 4 good in a row over 4s, before that 0.5 at 10:00`},
		},
		{
			"too short before", func(e *Evidence) { e.Probes[1].BeforeSpan = time.Second },
			record.Verdict{Word: record.Inconclusive, Reason: `no evidence that "baseline held": whole: 5 good in a row over 1s`},
		},
		{
			"another clock", func(e *Evidence) { e.Probes[0].Clock, e.Probes[0].Bad = "it is 30s ahead", 1 },
			record.Verdict{Word: record.Inconclusive, Reason: `no evidence that "one clock": availability: it is 30s ahead`},
		},
		{
			"no fault asked for", func(e *Evidence) { e.Faults = nil },
			record.Verdict{Word: record.Inconclusive, Reason: `no evidence that "fault in effect": 0 of 1 fault asked for`},
		},
		{
			"fault not reported", func(e *Evidence) { e.Faults[0].Injected = false },
			record.Verdict{Word: record.Inconclusive, Reason: `no evidence that "fault in effect": step 1 (pod-kill) was not reported in effect`},
		},
		{
			"no victim", func(e *Evidence) { e.Faults[0].Victims, e.Faults[0].Affected = 0, 0 },
			record.Verdict{Word: record.Inconclusive, Reason: `no evidence that "fault in effect": step 1 (pod-kill) had no victim`},
		},
		{
			"effect not seen", func(e *Evidence) { e.Faults[0].Victims = 2 },
			record.Verdict{Word: record.Inconclusive, Reason: `no evidence that "effect seen on every victim": step 1: 1 of 2 victims`},
		},
		{
			"too few during", func(e *Evidence) { e.Probes[1].Steps = steps(7) },
			record.Verdict{Word: record.Inconclusive, Reason: `no evidence that "enough samples during the fault": whole has 7 of 8`},
		},
		{
			"unreadable while it must hold", func(e *Evidence) { e.Probes[0].Unread = 1; e.Probes[0].FirstUnread = "nothing was read for 4s" },
			record.Verdict{Word: record.Inconclusive, Reason: `no evidence that "every sample readable": availability: nothing was read for 4s`},
		},
		{
			"nobody saw whether it broke while it may", func(e *Evidence) { e.Probes[1].Unread, e.Probes[1].FirstUnread = 2, "nothing was read for 4s" },
			record.Verdict{Word: record.Inconclusive, Reason: `no evidence that "every sample readable": whole: nothing was read for 4s; 2 such times in all`},
		},
		{
			"unreadable at the end", func(e *Evidence) { e.Probes[1].LastProblem = "timeout" },
			record.Verdict{Word: record.Inconclusive, Reason: `no evidence that "every sample readable": whole: the last sample has no value (timeout)`},
		},
		{
			"not closed", func(e *Evidence) { e.Faults[0].Closed = false },
			record.Verdict{Word: record.Inconclusive, Reason: `no evidence that "fault closed without residue": step 1 was not reported closed`},
		},
		{
			"residue", func(e *Evidence) { e.Faults[0].Residue = []string{"pod/x"} },
			record.Verdict{Word: record.Inconclusive, Reason: `no evidence that "fault closed without residue": step 1 left pod/x`},
		},
		{
			"did not hold", func(e *Evidence) {
				e.Probes[0].Bad, e.Probes[0].FirstBad, e.Probes[0].Out = 3, "0.5 at 10:00", "2 to 4 s"
			},
			record.Verdict{Word: record.Failed, Reason: "availability did not hold: 0.5 at 10:00, out for 2 to 4 s"},
		},
		{
			"could have missed more than the budget", func(e *Evidence) { e.Probes[0].Floor = 2 * time.Minute },
			record.Verdict{Word: record.Inconclusive, Reason: `no evidence that "hypothesis held": availability could have missed an outage of 2m0s, and the budget is 1m0s`},
		},
		{
			"did not hold, and could not be read afterwards", func(e *Evidence) {
				e.Probes[0].Bad, e.Probes[0].FirstBad, e.Probes[0].Out = 3, "0.5 at 10:00", "2 to 4 s"
				e.Probes[0].Unread, e.Probes[0].FirstUnread, e.Probes[0].Steps = 1, "nothing was read for 4s", steps(6)
			},
			record.Verdict{Word: record.Failed, Reason: "availability did not hold: 0.5 at 10:00, out for 2 to 4 s; " +
				"besides, availability: nothing was read for 4s; availability has 6 of 8"},
		},
		{
			"did not hold, and the effect was not seen", func(e *Evidence) {
				e.Probes[0].Bad, e.Probes[0].FirstBad, e.Faults[0].Affected = 3, "0.5 at 10:00", 0
			},
			record.Verdict{Word: record.Inconclusive, Reason: `no evidence that "effect seen on every victim": step 1: 0 of 1 victim`},
		},
		{
			"did not heal", func(e *Evidence) {
				e.Faults[0].Recovered, e.Faults[0].Reason, e.Faults[0].Watched = false, "0 of 1", time.Minute
			},
			record.Verdict{Word: record.Failed, Reason: "the target of step 1 did not heal within 1m0s (0 of 1)"},
		},
		{
			"late", func(e *Evidence) { e.Probes[1].Late = "still out 61s after the injection" },
			record.Verdict{Word: record.Failed, Reason: "whole was not back within 1m0s: still out 61s after the injection"},
		},
		{
			"had not healed when the run ended early", func(e *Evidence) { e.Faults[0].Recovered, e.Faults[0].Watched = false, 1080*time.Millisecond },
			record.Verdict{Word: record.Inconclusive, Reason: `no evidence that "target healed": the target of step 1 had not healed when the run ended, 1.08s into its budget of 1m0s`},
		},
		{
			"late, and could not be read at the end", func(e *Evidence) {
				e.Probes[1].Late, e.Probes[1].LastProblem = "still out 61s after the injection", "timeout"
			},
			record.Verdict{Word: record.Failed, Reason: "whole was not back within 1m0s: still out 61s after the injection; besides, whole: the last sample has no value (timeout)"},
		},
		{
			"maybe late", func(e *Evidence) { e.Probes[1].Unsure = "back 59 to 61 s after the injection" },
			record.Verdict{Word: record.Inconclusive, Reason: `no evidence that "steady state back within the budget": whether whole was back within 1m0s is not known: back 59 to 61 s after the injection`},
		},
		{
			"not back for long enough", func(e *Evidence) { e.Probes[1].Back = 2 },
			record.Verdict{Word: record.Inconclusive, Reason: `no evidence that "steady state back within the budget": whole was good for 2 distinct samples in a row that show nothing from before the fault was closed, want 3`},
		},
		{"aborted outranks all", func(e *Evidence) {
			e.Aborted, e.NotRun, e.Unknown, e.Probes[0].Bad = "stop", "guard", "silent", 1
		}, record.Verdict{Word: record.Aborted, Reason: "stop"}},
		{"not run", func(e *Evidence) { e.NotRun, e.Guard, e.Faults = "guard", "opt-in", nil }, record.Verdict{Word: record.NotRun, Reason: "guard", Guard: "opt-in"}},
		{"refused after something was hit", func(e *Evidence) { e.NotRun, e.Guard = "guard", "opt-in" }, record.Verdict{Word: record.Inconclusive, Reason: "guard", Guard: "opt-in"}},
		{"unknown outranks failed", func(e *Evidence) { e.Unknown, e.Probes[0].Bad = "silent", 1 }, record.Verdict{Word: record.Inconclusive, Reason: "silent"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := proof()
			tc.change(&e)
			if diff := cmp.Diff(tc.want, Judge(e)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func rank(w record.Word) int {
	return slices.Index([]record.Word{record.Aborted, record.NotRun, record.Inconclusive, record.Failed, record.Passed}, w)
}

// take removes one piece of evidence, chosen by n.
func take(e *Evidence, n uint8) {
	p, f := &ProbeEvidence{}, &FaultEvidence{}
	if len(e.Probes) > 0 {
		p = &e.Probes[int(n)%len(e.Probes)]
	}
	if len(e.Faults) > 0 {
		f = &e.Faults[int(n)%len(e.Faults)]
	}
	switch n % 12 {
	case 0:
		p.Before = max(0, p.Before-1)
	case 1:
		p.BeforeSpan = 0
	case 2:
		p.Steps = fewer(p.Steps)
	case 3:
		p.Unread++
	case 4: // a bad sample that could not be read
		if p.Bad > 0 {
			p.Bad, p.Unread = p.Bad-1, p.Unread+1
			p.Steps = fewer(p.Steps)
		}
	case 5:
		p.Back = max(0, p.Back-1)
	case 6:
		p.LastProblem = "gone"
	case 7:
		f.Affected = max(0, f.Affected-1)
	case 8:
		f.Injected = false
	case 9:
		f.Closed = false
	case 10:
		f.Recovered = false
	case 11: // more faults than steps cannot be
		if n := len(e.Faults); n > 0 && n <= e.Steps {
			e.Faults = e.Faults[:len(e.Faults)-1]
		}
	}
}

// fewer are the data of one fewer in each step.
func fewer(all []StepEvidence) []StepEvidence {
	all = slices.Clone(all)
	for i := range all {
		all[i].Fresh = max(0, all[i].Fresh-1)
	}
	return all
}

// random makes any evidence at all out of a seed, near to what passes.
func random(r *rand.Rand) Evidence {
	e := proof()
	e.Probes = slices.Repeat(e.Probes, r.IntN(3))
	e.Faults = slices.Repeat(e.Faults, r.IntN(3))
	e.Steps = r.IntN(3)
	for i := range e.Probes {
		p := &e.Probes[i]
		if r.IntN(3) == 0 {
			p.Before, p.Steps, p.Back = r.IntN(7), steps(r.IntN(12)), r.IntN(6)
		}
		if r.IntN(4) == 0 {
			p.Bad, p.Unread = r.IntN(3), r.IntN(2)
		}
		if r.IntN(8) == 0 {
			p.Late = "late"
		}
		if r.IntN(8) == 0 {
			p.Unsure = "maybe late"
		}
	}
	for i := range e.Faults {
		f := &e.Faults[i]
		if r.IntN(4) == 0 {
			f.Victims, f.Affected = r.IntN(3), r.IntN(3)
		}
		f.Recovered, f.Closed = r.IntN(6) > 0, r.IntN(6) > 0
	}
	for _, text := range []*string{&e.Aborted, &e.NotRun, &e.Unknown} {
		if r.IntN(10) == 0 {
			*text = "because"
		}
	}
	return e
}

func FuzzJudge(f *testing.F) {
	f.Add(uint64(0), []byte{0})
	f.Add(uint64(7), []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
	f.Fuzz(func(t *testing.T, seed uint64, removals []byte) {
		e := random(rand.New(rand.NewPCG(seed, 1)))
		before := Judge(e)
		unmet := slices.ContainsFunc(Requirements(e), func(r record.Requirement) bool { return !r.Met })
		if before.Word == record.Passed && (unmet || e.Aborted+e.NotRun+e.Unknown != "" || !e.touched()) {
			t.Fatalf("passed without evidence: %+v", e)
		}
		if before.Reason == "" {
			t.Fatalf("no reason: %+v", e)
		}
		for _, n := range removals {
			was := rank(Judge(e).Word)
			take(&e, n)
			if now := Judge(e); rank(now.Word) > was && was > rank(record.NotRun) {
				t.Fatalf("removal %d made it %q: %+v", n%12, now.Word, e)
			}
		}
	})
}

func TestRequirementsAreEnoughForPassed(t *testing.T) {
	for seed := range uint64(20000) {
		e := random(rand.New(rand.NewPCG(seed, 2)))
		e.Aborted, e.NotRun, e.Unknown = "", "", ""
		all := !slices.ContainsFunc(Requirements(e), func(r record.Requirement) bool { return !r.Met })
		if v := Judge(e); (v.Word == record.Passed) != all {
			t.Fatalf("verdict %v with checklist %+v", v, Requirements(e))
		}
	}
}

func TestChecklistNamesEveryRequirement(t *testing.T) {
	var names []string
	for _, r := range Requirements(proof()) {
		names = append(names, r.Name)
		if !r.Met || r.Wanted == "" || r.Seen == "" {
			t.Errorf("incomplete: %+v", r)
		}
	}
	if got := strings.Join(names[:hypothesisRow], ","); strings.Contains(got, needHeld) || names[hypothesisRow] != needHeld {
		t.Errorf("the rows before %d must be those that make a run inconclusive: %v", hypothesisRow, names)
	}
}
