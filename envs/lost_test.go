package envs

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

// gone waits for so many environment.destroyed, and returns them as "name reason cause".
func (r *rig) gone(n int) (all []string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	filter := events.Filter{Since: time.Now().Add(-time.Hour), Types: []string{events.EnvironmentDestroyedTopic.Type()}}
	err := r.bus.Watch(ctx, filter, func(e events.Envelope) bool {
		gone := want(r.t, events.EnvironmentDestroyedTopic, e)
		all = append(all, gone.Name+" "+gone.Reason+" "+e.CausationID)
		return len(all) < n
	})
	if err != nil || len(all) < n {
		r.t.Fatalf("destroyed: %q, want %d: %v", all, n, err)
	}
	return all
}

// TestDeletedByOthers: an environment that nobody asked us to destroy, and that is gone,
// is said to be, once, also when that happened while no server ran. What is not in another
// cluster is not gone.
func TestDeletedByOthers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ down, moved bool }{
		"at work": {}, "while no server runs": {down: true}, "in another cluster": {true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.config.ExpiryEvery = 20 * time.Millisecond
			r.start()
			made := r.create(small("shop", "v1"))
			want(t, events.EnvironmentReadyTopic, r.outcome(made))
			if test.down {
				r.stop()
			}
			r.cluster.change(func() {
				delete(r.cluster.namespaces, "shop")
				if test.moved {
					r.cluster.namespaces["kube-system"].live.UID = "another"
				}
			})
			var wanted []string
			if !test.moved {
				wanted = []string{"shop lost " + made.ID}
			}
			r.checkGone(test.down, wanted)
		})
	}
}

// TestGoneLongAfterItsDestroy: what goes away long after the request for that was given up is
// not lost, also when the server was started anew meanwhile.
func TestGoneLongAfterItsDestroy(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]bool{"at work": false, "started anew": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.config.ExpiryEvery = 20 * time.Millisecond
			r.start()
			want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v1"))))
			r.looks(2)
			r.cluster.change(func() { r.cluster.stuck = true })
			asked := r.destroy("shop")
			want(t, events.EnvironmentFailedTopic, r.outcome(asked))
			if again {
				r.start()
			}
			r.looks(2)
			r.cluster.change(func() { delete(r.cluster.namespaces, "shop") })
			if diff := cmp.Diff([]string{"shop asked " + asked.ID}, r.gone(1)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// checkGone starts the server anew, if it is down at once, and wants nothing to be said to
// be gone but that, before and after another environment that comes and goes.
func (r *rig) checkGone(down bool, wanted []string) {
	r.t.Helper()
	if !down {
		r.gone(len(wanted))
	}
	r.start() // another term of the duty
	if len(wanted) > 0 {
		r.gone(len(wanted))
	}
	for _, name := range []string{"one", "two"} {
		want(r.t, events.EnvironmentReadyTopic, r.outcome(r.create(small(name, "v1"))))
		asked := r.destroy(name)
		want(r.t, events.EnvironmentDestroyedTopic, r.outcome(asked))
		wanted = append(wanted, name+" asked "+asked.ID)
	}
	if diff := cmp.Diff(wanted, r.gone(len(wanted))); diff != "" {
		r.t.Errorf("gone (-want +got):\n%s", diff)
	}
}

// TestRefusedAndLost: the namespace that was known before a refusal is missed after it.
func TestRefusedAndLost(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.config.ExpiryEvery = 20 * time.Millisecond
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v1"))))
	r.cluster.change(func() { r.cluster.quicker(Ref{kindDeployment, "by-hand"}) })
	want(t, events.EnvironmentRejectedTopic, r.outcome(r.destroy("shop")))
	r.stop()
	r.cluster.change(func() { delete(r.cluster.namespaces, "shop") })
	r.start()
	r.gone(1)
}

// TestNotGone: an environment whose labels somebody has changed is there.
func TestNotGone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.config.ExpiryEvery = 5 * time.Millisecond
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v1"))))
	r.looks(2)
	r.cluster.change(func() {
		live := &r.cluster.namespaces["shop"].live
		live.Labels = maps.Clone(live.Labels)
		live.Labels[events.LabelManagedBy] = "Helm"
	})
	r.looks(3)
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("one", "v1"))))
	asked := r.destroy("one")
	if diff := cmp.Diff([]string{"one asked " + asked.ID}, r.gone(1)); diff != "" {
		t.Errorf("gone (-want +got):\n%s", diff)
	}
}
