package envs

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// TestLaterRequestWins: the older create is cancelled, has no outcome, and never
// writes after the younger one.
func TestLaterRequestWins(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	old := r.create(small("shop", "slow"))
	if err := r.cluster.await(t.Context(), func() bool { return len(r.cluster.writes) == 3 }); err != nil {
		t.Fatal(err)
	}
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v2"))))
	if got := r.all(outcomes()); !slices.Equal(got, []string{"ready shop"}) {
		t.Errorf("outcomes %v", got)
	}
	// The old event comes once more, late and under another id of the bus.
	old.Source = "again"
	late := old
	late.ID = "late"
	if err := events.EnvironmentCreateTopic.Publish(t.Context(), r.bus, late, events.EnvironmentCreate{Name: "shop", Spec: mustJSON(small("shop", "v1"))}); err != nil {
		t.Fatal(err)
	}
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("other", "v1"))))
	if now := r.cluster.snapshot("shop", here); now.Deployments[0].Image != "v2" {
		t.Errorf("image is %s: the late request was taken", now.Deployments[0].Image)
	}
}

// TestDestroyedStaysDestroyed: a create that is older than the destroy, and comes
// later, does not bring the environment back.
func TestDestroyedStaysDestroyed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	old := r.stamp().First("test")
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v1"))))
	want(t, events.EnvironmentDestroyedTopic, r.outcome(r.destroy("shop")))
	if err := events.EnvironmentCreateTopic.Publish(t.Context(), r.bus, old, events.EnvironmentCreate{Name: "shop", Spec: mustJSON(small("shop", "v1"))}); err != nil {
		t.Fatal(err)
	}
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("other", "v1"))))
	if now, _ := r.cluster.Observe(t.Context(), "shop"); now.Namespace != nil {
		t.Error("the environment is back")
	}
}

// TestTooOld: a request that nobody took in time is rejected; one that was done in
// time and comes once more has no second outcome.
func TestTooOld(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.config.MaxAge = 2 * time.Second
	r.start()
	old := r.stamp().First("test")
	old.Time = old.Time.Add(-3 * time.Second)
	payload := events.EnvironmentCreate{Name: "old", Spec: mustJSON(small("old", "v1"))}
	if err := events.EnvironmentCreateTopic.Publish(t.Context(), r.bus, old, payload); err != nil {
		t.Fatal(err)
	}
	no := want(t, events.EnvironmentRejectedTopic, r.outcome(old))
	if no.Kind != events.KindRefused || !strings.Contains(no.Reason, "one is taken for at most 2s") {
		t.Errorf("rejected: %+v", no)
	}
	done := r.create(small("shop", "v1"))
	want(t, events.EnvironmentReadyTopic, r.outcome(done))
	events.Wait(t.Context(), time.Until(done.Time.Add(r.config.MaxAge))) // until it is too old
	done.Source = "again"
	if err := events.EnvironmentCreateTopic.Publish(t.Context(), r.bus, done, events.EnvironmentCreate{Name: "shop", Spec: mustJSON(small("shop", "v1"))}); err != nil {
		t.Fatal(err)
	}
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("other", "v1"))))
	if got := r.all(outcomes()); count(got, "ready shop") != 1 || count(got, "rejected shop") != 0 {
		t.Errorf("outcomes %v", got)
	}
}

// TestTwoServers share one bus: each environment is worked on by one of them, and
// a later request reaches the one that works.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.config.Lease = 500 * time.Millisecond
	r.run("a")
	r.run("b")
	var causes []events.Meta
	for i := range 10 {
		causes = append(causes, r.create(small(fmt.Sprint("env-", i), "slow")))
	}
	if err := r.cluster.await(t.Context(), func() bool { return len(r.cluster.writes) == 30 }); err != nil {
		t.Fatal(err)
	}
	var later []events.Meta
	for i := range causes {
		later = append(later, r.create(small(fmt.Sprint("env-", i), "v2")))
	}
	for _, cause := range later {
		want(t, events.EnvironmentReadyTopic, r.outcome(cause))
	}
	if got := r.all(outcomes()); len(got) != len(later) {
		t.Errorf("outcomes %v", got)
	}
}
