package experiments

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/experiments/audit"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// broken is what does not hold of a finished record when it is judged again from its stored
// form alone, "" when all of it holds.
func broken(rec record.Record) string {
	if rec.Chain == nil {
		if err := rec.Seal(); err != nil {
			return err.Error()
		}
	}
	raw, err := json.Marshal(rec)
	if err != nil {
		return err.Error()
	}
	a, err := audit.Of(raw, rec.Chain.Hash, kinds().Advise)
	if err != nil {
		return err.Error()
	}
	var all []string
	for _, c := range a.Checks {
		if !c.Holds {
			all = append(all, fmt.Sprintf("%s: %s: %s, and again %s", c.Of, c.Name, c.Record, c.Again))
		}
	}
	return strings.Join(all, "\n")
}
