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
		if i >= hypothesisRow {
			return record.Verdict{Word: record.Failed, Reason: r.Seen}
		}
		return record.Verdict{Word: record.Inconclusive, Reason: fmt.Sprintf("no evidence that \"%s\": %s", r.Name, r.Seen)}
	}
	return record.Verdict{Word: record.Passed, Reason: e.summary()}
}

// breach says whether the hypothesis was measured not to hold while the fault was in effect.
// That stays so, whatever could not be read besides; the reason names it.
func breach(all []record.Requirement) (reason string, broken bool) {
	var missing []string
	for _, r := range all {
		switch {
		case r.Met:
		case r.Name == needHeld:
			reason, broken = r.Seen, true
		case slices.Contains([]string{needBaseline, needInjected, needEffect}, r.Name):
			return "", false
		case slices.Contains([]string{needSamples, needReadable, needClosed}, r.Name):
			missing = append(missing, r.Seen)
		}
	}
	if len(missing) > 0 {
		reason += "; besides, " + strings.Join(missing, "; ")
	}
	return reason, broken
}
