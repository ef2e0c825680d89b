package verdict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/experiments/record"
)

// Judge is the verdict on the evidence. The order of precedence is aborted, not-run, a
// breach that was measured, inconclusive, failed, passed; only a run that meets every
// requirement has passed.
func Judge(e Evidence) record.Verdict {
	switch {
	case e.Aborted != "":
		return record.Verdict{Word: record.Aborted, Reason: e.Aborted}
	case e.NotRun != "" && !e.touched():
		return record.Verdict{Word: record.NotRun, Reason: e.NotRun, Guard: e.Guard}
	case e.NotRun != "":
		return record.Verdict{Word: record.Inconclusive, Reason: e.NotRun, Guard: e.Guard}
	case e.Unknown != "":
		return record.Verdict{Word: record.Inconclusive, Reason: e.Unknown}
	}
	all := Requirements(e)
	if reason, broken := breach(all); broken {
		return record.Verdict{Word: record.Failed, Reason: reason}
	}
	for i, r := range all {
		if r.Met {
			continue
		}
		if i >= hypothesisRow && !r.Unknown {
			return record.Verdict{Word: record.Failed, Reason: r.Seen}
		}
		return record.Verdict{Word: record.Inconclusive, Reason: fmt.Sprintf("no evidence that \"%s\": %s", r.Name, r.Seen)}
	}
	return record.Verdict{Word: record.Passed, Reason: e.summary()}
}

// breach says whether it was measured while the fault was in effect that the hypothesis did
// not hold, or that the steady state was not back in time even in the best case. That stays
// so, whatever could not be read besides; the reason names it.
func breach(all []record.Requirement) (reason string, broken bool) {
	var broke, missing []string
	for _, r := range all {
		switch {
		case r.Met:
		case slices.Contains([]string{needHeld, needRestored}, r.Name):
			if !r.Unknown {
				broke = append(broke, r.Seen)
			}
		case slices.Contains([]string{needBaseline, needClock, needInjected, needEffect}, r.Name):
			return "", false
		case slices.Contains([]string{needSamples, needReadable, needClosed}, r.Name):
			missing = append(missing, r.Seen)
		}
	}
	if len(broke) == 0 {
		return "", false
	}
	reason = broke[0]
	if len(missing) > 0 {
		reason += "; besides, " + strings.Join(missing, "; ")
	}
	return reason, true
}
