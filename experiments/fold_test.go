package experiments

import (
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// TestAMarkFoundLateHasAnErrorBar: chaos says between which two times a mark lies that it
// found after a gap. The record does not show it as exact.
func TestAMarkFoundLateHasAnErrorBar(t *testing.T) {
	for name, gap := range map[string]time.Duration{"seen at once": 0, "found after a gap": 20 * time.Second} {
		t.Run(name, func(t *testing.T) {
			st := state{row: Row{Run: "run"}, rec: record.Record{Steps: []record.Step{{Fault: "run-1", Requested: dawn()}}}}
			m := events.RecoveryMarked{Fault: "run-1", Run: "run", Victim: "uid", Mark: events.MarkReplacementReady, At: dawn().Add(time.Minute)}
			if gap > 0 {
				m.Since = m.At.Add(-gap)
			}
			e, err := events.RecoveryMarkedTopic.Envelope(events.Meta{ID: "e", Source: "test", Time: m.At}, m)
			if err != nil {
				t.Fatal(err)
			}
			st.fold(e, m.At)
			if len(st.rec.Recovery) != 1 || st.rec.Recovery[0].Resolution.Std() != gap {
				t.Errorf("marks %+v, want one with an error bar of %s", st.rec.Recovery, gap)
			}
		})
	}
}
