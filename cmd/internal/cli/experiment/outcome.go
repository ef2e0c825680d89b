package experiment

import (
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// outcome is the exit code of a verdict, nil for passed.
func outcome(v record.Verdict) error {
	switch v.Word {
	case record.Passed:
		return nil
	case record.Failed:
		return kit.Outcome{Code: kit.ExitFailed}
	case record.Aborted:
		return kit.Outcome{Code: kit.ExitAborted}
	case record.NotRun:
		if v.Guard != "" {
			return kit.Outcome{Code: kit.ExitRefused}
		}
	case record.Inconclusive:
	}
	return kit.Outcome{Code: kit.ExitInconclusive}
}
