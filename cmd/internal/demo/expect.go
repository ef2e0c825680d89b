package demo

import (
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// Expectation is an experiment of the demo with the verdict it should come to.
type Expectation struct {
	Experiment string `json:"experiment"`
	Verdict    string `json:"verdict"`
	// Why is what the experiment shows.
	Why string `json:"why"`
	// Refusal is a word that the reason of a refusal must name, such as a guard.
	Refusal string `json:"refusal,omitempty"`
}

// Guarded is the name of the experiment that a guard refuses: kill-the-only-cart
// without the line that allows an outage.
const Guarded = "kill-the-only-cart-guarded"

// Expectations are the experiments of the demo in the order in which they run.
func Expectations() []Expectation {
	return []Expectation{
		{Experiment: "kill-one-api", Verdict: "passed", Why: "one of three api pods dies; shoppers do not notice"},
		{Experiment: "kill-the-only-cart", Verdict: "failed", Why: "the only cart pod dies; 99.9 % cannot hold"},
		{Experiment: "metric-that-does-not-exist", Verdict: "inconclusive", Why: "nothing can be measured, so nothing is killed"},
		{Experiment: Guarded, Verdict: "not-run", Refusal: "enough-replicas", Why: "without allowOutage a guard refuses to kill the last replica"},
	}
}

// Outcome is an expectation with what came of it.
type Outcome struct {
	Expectation
	Run events.RunSummary `json:"run"`
	// Report is the path of the HTML report on this machine.
	Report string `json:"report,omitempty"`
	Met    bool   `json:"met"`
}

// judge says whether the run came to what was expected.
func judge(e Expectation, run events.RunSummary) Outcome {
	met := run.Verdict == e.Verdict && strings.Contains(run.Reason, e.Refusal)
	return Outcome{Expectation: e, Run: run, Met: met}
}

// Unmet is an error that names every outcome that was not as expected, or nil.
func Unmet(outcomes []Outcome) error {
	var unmet []string
	for _, o := range outcomes {
		if !o.Met {
			unmet = append(unmet, fmt.Sprintf("%s is %s (%s), expected %s", o.Experiment, orNothing(o.Run.Verdict), o.Run.Reason, o.Verdict))
		}
	}
	if len(unmet) == 0 {
		return nil
	}
	return events.Errorf(events.KindInternal, "shakedown report show RUN tells what was seen", "the demo did not come out as expected: %s", strings.Join(unmet, "; "))
}

func orNothing(verdict string) string {
	if verdict == "" {
		return "without a verdict"
	}
	return verdict
}
