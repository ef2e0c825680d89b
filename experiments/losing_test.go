package experiments

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/verdict"
)

// standing orders the words of a verdict from the worst to the best.
func standing(w record.Word) int {
	return slices.Index([]record.Word{record.Aborted, record.NotRun, record.Inconclusive, record.Failed, record.Passed}, w)
}

// TestLosingSamplesNeverUpgrades turns samples of whole runs into problems and drops
// marks: the verdict may only get worse.
func TestLosingSamplesNeverUpgrades(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	sec := time.Second
	for name, s := range map[string]*simulation{
		"passed": simulate(1, heals),
		"failed": simulate(1, heals, at(6*sec, value("availability", 0)), at(9*sec, value("availability", 1))),
		"late":   simulate(1, heals, at(6*sec, value("whole", 1))),
	} {
		for range 300 {
			rec := s.st.rec
			was := standing(rec.Verdict.Word)
			rec.Probes = slices.Clone(rec.Probes)
			for i := range rec.Probes {
				rec.Probes[i].Samples = slices.Clone(rec.Probes[i].Samples)
				n := r.IntN(len(rec.Probes[i].Samples))
				old := rec.Probes[i].Samples[n]
				rec.Probes[i].Samples[n] = record.Sample{At: old.At, Problem: &record.ProbeProblem{Kind: record.ProblemTimeout}}
			}
			rec.Recovery = slices.Clone(rec.Recovery)
			if r.IntN(3) == 0 {
				rec.Recovery = rec.Recovery[:r.IntN(len(rec.Recovery))]
			}
			verdict.Conclude(&rec, verdict.Ending{}, rec.Ended, kinds().Advise)
			if standing(rec.Verdict.Word) > was {
				t.Fatalf("%s became %q because %q", name, rec.Verdict.Word, rec.Verdict.Reason)
			}
		}
	}
}
