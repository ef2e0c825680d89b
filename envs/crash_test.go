package envs

import (
	"slices"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// left puts a request for the environment shop into the queue, as a server leaves it that
// was killed.
func (r *rig) left(asked events.Meta, body request, lease work.Lease) {
	r.t.Helper()
	kv, err := r.bus.KV(r.t.Context(), events.Bucket{Name: queueName})
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := kv.Create(r.t.Context(), "shop", mustJSON(row{ID: "shop", Asked: asked, Body: body, Lease: lease})); err != nil {
		r.t.Fatal(err)
	}
}

// TestRestartInMidCreate stops the service while an environment comes up; the next
// one goes on with it.
func TestRestartInMidCreate(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	cause := r.create(small("shop", "slow"))
	if err := r.cluster.await(t.Context(), func() bool { return len(r.cluster.writes) == 3 }); err != nil {
		t.Fatal(err)
	}
	r.stop()
	r.cluster.change(func() { r.cluster.released = true })
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(cause))
	if got := r.all(outcomes()); !slices.Equal(got, []string{"ready shop"}) {
		t.Errorf("outcomes %v", got)
	}
	if got := r.cluster.written(); len(got) != 3 {
		t.Errorf("wrote %v, want each object once", got)
	}
}

// TestCrash leaves a lease behind, as kill -9 does: the same server takes it up at
// once, another one when the lease has lapsed.
func TestCrash(t *testing.T) {
	t.Parallel()
	for _, owner := range []string{"server", "another"} {
		t.Run(owner, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.config.Lease = 300 * time.Millisecond
			asked, now := r.stamp().First("test"), time.Now()
			doc := small("shop", "v1").WithDefaults()
			r.left(asked, request{Document: &doc}, work.Lease{Owner: "server", Epoch: 1, TTL: events.Duration(r.config.Lease)})
			r.run(owner)
			want(t, events.EnvironmentReadyTopic, r.outcome(asked))
			if owner != "server" && time.Since(now) < r.config.Lease {
				t.Errorf("taken %s after the lease began, which is %s long", time.Since(now), r.config.Lease)
			}
		})
	}
}

// TestCrashInDestroy: the namespace went while the server was away.
func TestCrashInDestroy(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	asked := r.stamp().First("test")
	r.left(asked, request{Reason: "expired", Begun: true}, work.Lease{})
	r.start()
	if got := want(t, events.EnvironmentDestroyedTopic, r.outcome(asked)); got.Reason != "expired" {
		t.Errorf("destroyed: %+v", got)
	}
}

// TestDeletedForAnEarlierRequest: a destroy finds nothing, since one whose place it has taken
// had begun the deletion. It has not been refused, and nobody else has removed anything.
func TestDeletedForAnEarlierRequest(t *testing.T) {
	t.Parallel()
	doc := small("shop", "v1").WithDefaults()
	destroy := func(begun, deleted bool) request { return request{Reason: "asked", Begun: begun, Deleted: deleted} }
	create := func(begun, deleted bool) request { return request{Document: &doc, Begun: begun, Deleted: deleted} }
	for name, tc := range map[string]struct {
		old  request
		want bool
	}{
		"destroy that had begun":                       {destroy(true, false), true},
		"destroy that had not":                         {destroy(false, false), false},
		"destroy after one that had":                   {destroy(false, true), true},
		"create after a destroy that had":              {create(false, true), true},
		"create that may have made it anew afterwards": {create(true, true), false},
		"create": {create(true, false), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			service := Service{deps: Deps{Stamp: r.stamp()}}
			asked := r.stamp().First("test")
			next := row{ID: "shop", Asked: asked, Body: request{Reason: "asked"}}
			if err := service.superseded(row{ID: "shop", Asked: r.stamp().First("old"), Body: tc.old}, &next); err != nil {
				t.Fatal(err)
			}
			r.left(asked, next.Body, work.Lease{})
			r.start()
			if tc.want {
				want(t, events.EnvironmentDestroyedTopic, r.outcome(asked))
			} else {
				want(t, events.EnvironmentRejectedTopic, r.outcome(asked))
			}
		})
	}
}

// TestDoneRequestsLeaveTheQueue: the bucket of open requests is empty when there is
// nothing to do.
func TestDoneRequestsLeaveTheQueue(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	r.outcome(r.create(small("shop", "v1")))
	r.emptied()
}

// emptied waits until the queue has no row, which is soon after the outcome of the last
// request was published.
func (r *rig) emptied() events.KV {
	r.t.Helper()
	kv, err := r.bus.KV(r.t.Context(), events.Bucket{Name: queueName})
	if err != nil {
		r.t.Fatal(err)
	}
	deadline := time.After(patience)
	for {
		all, err := kv.List(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		if len(all) == 0 {
			return kv
		}
		select {
		case <-deadline:
			r.t.Fatalf("still there: %v", all)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
