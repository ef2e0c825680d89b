package verdict

import (
	"fmt"

	"github.com/shakedown-dev/shakedown/experiments/record"
)

// Judge is the verdict on the evidence. The order of precedence is aborted, not-run,
// inconclusive, failed, passed; only a run that meets every requirement has passed.
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
	for i, r := range Requirements(e) {
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
