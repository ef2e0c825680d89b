package envs

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// TestSupersededWhileWaiting: who follows a request that waits for its next attempt
// hears that a later one has taken its place, once.
func TestSupersededWhileWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cluster := newFake()
		cluster.down = true
		m, q := onMemory(t, cluster)
		doc := small("shop", "v1").WithDefaults()
		for _, id := range []string{"old", "new"} {
			asked := events.Meta{ID: id, Time: time.Now(), Correlation: "shop-" + id}
			if err := q.Add(t.Context(), "shop", asked, request{Document: &doc}); err != nil {
				t.Fatal(err)
			}
			events.Wait(t.Context(), 5*time.Second) // it has failed a few times, and waits
		}
		cluster.change(func() { cluster.down = false })
		events.Wait(t.Context(), time.Minute)
		if ready := m.of(events.EnvironmentReadyTopic.Type()); len(ready) != 1 || ready[0].CausationID != "new" {
			t.Errorf("ready %+v, want one of the later request", ready)
		}
		var said []events.Envelope
		for _, e := range m.of(events.EnvironmentProgressedTopic.Type()) {
			if want(t, events.EnvironmentProgressedTopic, e).Step == events.StepSuperseded {
				said = append(said, e)
			}
		}
		if len(said) != 1 || said[0].CausationID != "old" || said[0].CorrelationID != "shop-old" {
			t.Errorf("superseded was said %d times: %+v", len(said), said)
		}
	})
}
