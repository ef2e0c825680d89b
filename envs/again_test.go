package envs

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// TestLostConsumers: what groups know of the events that they have handled is lost, and so
// is the memory of the requests, by its age. Requests of ten days ago come again, and
// change nothing in the environment that was made after them.
func TestLostConsumers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	bus, js := natsbustest.OpenBeside(t)
	r.bus = bus
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.build("p", "v1")))
	want(t, events.EnvironmentDestroyedTopic, r.outcome(r.destroy("shop")))
	r.later(2 * 24 * time.Hour)
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v2"))))
	r.stop()
	eventstest.Empty(t, bus, queueName+"_ended")
	r.later(10 * 24 * time.Hour)
	before := r.all(outcomes())
	r.wantUnchanged(func() { natsbustest.LoseConsumers(t, js) })
	if diff := cmp.Diff(before, r.all(outcomes())); diff != "" {
		t.Errorf("outcomes of old requests:\n%s", diff)
	}
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v3")))) // after all that was taken
}

// TestLostConsumersOfRejected: a build that was rejected stays so when its event comes
// again, although nothing speaks against it any more: what another project was destroying is
// gone, and there is a template of the name.
func TestLostConsumersOfRejected(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		build func(*rig) events.Meta
		want  string
	}{
		"environment": {func(r *rig) events.Meta { return r.build("p", "v1") }, "belongs to project q, not to p"},
		"template":    {func(r *rig) events.Meta { return r.buildOf("q", "ship", "v1") }, `no template "ship"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			bus, js := natsbustest.OpenBeside(t)
			r.bus, r.config.DestroyDeadline = bus, time.Minute
			r.start()
			gone := r.destroying()
			if no := want(t, events.EnvironmentRejectedTopic, r.outcome(test.build(r))); !strings.Contains(no.Reason, test.want) {
				t.Errorf("rejected: %+v", no)
			}
			r.letGo(true)
			want(t, events.EnvironmentDestroyedTopic, r.outcome(gone))
			r.templates = append(r.templates, "ship")
			r.start()
			before := r.all(outcomes())
			r.wantUnchanged(func() {
				for range 2 { // a build becomes a create, which is handled after it
					natsbustest.LoseConsumers(t, js)
				}
				r.emptied()
			})
			if diff := cmp.Diff(before, r.all(outcomes())); diff != "" {
				t.Errorf("outcomes of the request that was rejected:\n%s", diff)
			}
		})
	}
}

// destroying begins to destroy an environment of project q, which does not go yet.
func (r *rig) destroying() events.Meta {
	r.t.Helper()
	want(r.t, events.EnvironmentReadyTopic, r.outcome(r.build("q", "v1")))
	r.cluster.change(func() { r.cluster.stuck = true })
	cause := r.destroy("shop")
	if err := r.cluster.await(r.t.Context(), func() bool { return slices.Contains(r.cluster.writes, "remove namespace/shop") }); err != nil {
		r.t.Fatal(err)
	}
	return cause
}

// later starts a service when it is so much later than the real time.
func (r *rig) later(ahead time.Duration) {
	r.t.Helper()
	r.stop()
	r.ahead.Store(int64(ahead))
	r.start()
}
