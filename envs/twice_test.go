package envs

import (
	"slices"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
)

// TestEveryEventTwice delivers each event a second time, past the bus's own
// dropping of duplicates, to the handlers.
func TestEveryEventTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.wrap = eventstest.Twice
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("a", "v1"))))
	want(t, events.EnvironmentFailedTopic, r.outcome(r.create(small("b", "missing"))))
	want(t, events.EnvironmentRejectedTopic, r.outcome(r.create(small("c_", "v1"))))
	want(t, events.EnvironmentDestroyedTopic, r.outcome(r.destroy("a")))
	publish(r, events.BuildSucceededTopic, events.BuildSucceeded{Template: "shop", Environment: "d"})
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("e", "v1"))))
	if err := r.cluster.await(t.Context(), func() bool { return r.cluster.namespaces["d"] != nil && len(r.cluster.namespaces["d"].objects) == 2 }); err != nil {
		t.Fatal(err)
	}
	r.stop()
	got := r.all(outcomes())
	for _, one := range []string{"ready a", "failed b", "destroyed a", "ready e"} {
		if n := count(got, one); n != 1 {
			t.Errorf("%q was published %d times: %v", one, n, got)
		}
	}
	writes := r.cluster.written()
	for i, w := range writes {
		if strings.HasPrefix(w, "apply namespace/") && slices.Contains(writes[i+1:], w) {
			t.Errorf("%q was done twice: %v", w, writes)
		}
	}
}
