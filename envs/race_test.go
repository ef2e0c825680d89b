package envs

import (
	"slices"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

// TestQuickerCreator: somebody makes an object of the name, or makes it anew, between
// our reading and our change. The request fails, and what they made stays as it is.
func TestQuickerCreator(t *testing.T) {
	t.Parallel()
	ns, api := Ref{kindNamespace, "shop"}, Ref{kindDeployment, "api"}
	for name, test := range map[string]struct {
		verb string
		at   Ref
		// before is there when the request comes; destroy is what it asks for.
		before, destroy bool
	}{
		"of a namespace":                 {"apply", ns, false, false},
		"of a component":                 {"apply", api, false, false},
		"of a namespace that is updated": {"apply", ns, true, false},
		"of a component that is updated": {"apply", api, true, false},
		"of a namespace that is deleted": {"remove", ns, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.start()
			if test.before {
				want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v1"))))
			}
			r.cluster.change(func() { r.cluster.before = r.cluster.quicker(test.verb, test.at) })
			cause := r.destroyOrCreate(test.destroy)
			if got := want(t, events.EnvironmentFailedTopic, r.outcome(cause)); got.Reason != "Refused" {
				t.Errorf("failed: %+v", got)
			}
			r.cluster.change(func() {
				if got := r.cluster.uid(Live{Ref: test.at, Namespace: "shop"}); got != "quicker" {
					t.Errorf("%s has the UID %q, want that of who was quicker", test.at, got)
				}
				if made := r.cluster.namespaces["shop"].manifests[test.at]; made != "" {
					t.Errorf("%s was changed: %s", test.at, made)
				}
			})
			if slices.Contains(r.cluster.written(), "remove "+test.at.String()) {
				t.Errorf("it was deleted: %v", r.cluster.written())
			}
		})
	}
}

// quicker replaces the object, or makes it, right before our first change of it.
func (c *fakeCluster) quicker(verb string, at Ref) func(string, Ref) {
	done := false
	return func(v string, r Ref) {
		if done || v != verb || r != at {
			return
		}
		done = true
		if at.Kind == kindNamespace {
			c.make(at.Name, Live{Ref: at, UID: "quicker"})
			return
		}
		c.namespaces["shop"].objects[at] = Live{Ref: at, Namespace: "shop", UID: "quicker"}
		delete(c.namespaces["shop"].manifests, at)
	}
}

func (r *rig) destroyOrCreate(destroy bool) events.Meta {
	if destroy {
		return r.destroy("shop")
	}
	return r.create(small("shop", "v2"))
}
