package experiments

import (
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// TestBaselineGrace: an experiment says for itself how long its environment may take to
// settle; the baseline ends when it cannot hold within that time any more.
func TestBaselineGrace(t *testing.T) {
	const span = 1500 * time.Millisecond // of three samples, a second apart, with half an interval to spare
	config := Config{BaselineGrace: 15 * time.Second}
	for _, tc := range []struct {
		name  string
		grace time.Duration
		ends  time.Duration
	}{
		{"as the server is configured", 0, 18*time.Second - span},
		{"less", 3 * time.Second, 6*time.Second - span},
		{"more", time.Minute, 63*time.Second - span},
	} {
		t.Run(tc.name, func(t *testing.T) {
			began := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
			s := state{row: Row{Phase: record.PhaseBaseline, Since: began}}
			s.rec.Experiment.Spec = spec.Spec{
				Interval: events.Duration(time.Second),
				Baseline: spec.Baseline{Duration: events.Duration(3 * time.Second), Samples: 3, Grace: events.Duration(tc.grace)},
			}
			s.rec.Probes = []record.ProbeSeries{{Name: "never has a value"}}
			if m := config.fromBaseline(s, began.Add(tc.ends)); m.to != "" {
				t.Errorf("after %s: %+v, want to wait", tc.ends, m)
			}
			if m := config.fromBaseline(s, began.Add(tc.ends+time.Millisecond)); m.to != record.PhaseJudging {
				t.Errorf("after a millisecond more: %+v, want the verdict", m)
			}
		})
	}
}
