package envs

import (
	"slices"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

// TestQuickerCreator: somebody makes an object of the name, makes it anew, or takes our
// labels off it, between our reading and our change. The request fails, and what is
// theirs stays as it is.
func TestQuickerCreator(t *testing.T) {
	t.Parallel()
	ns, api := Ref{kindNamespace, "shop"}, Ref{kindDeployment, "api"}
	for name, test := range map[string]struct {
		verb  string
		at    Ref
		races func(*fakeCluster, Ref)
		// before is there when the request comes; destroy is what it asks for.
		before, destroy bool
	}{
		"makes a namespace":                            {"apply", ns, (*fakeCluster).quicker, false, false},
		"makes a component":                            {"apply", api, (*fakeCluster).quicker, false, false},
		"makes a namespace anew that is updated":       {"apply", ns, (*fakeCluster).quicker, true, false},
		"makes a component anew that is updated":       {"apply", api, (*fakeCluster).quicker, true, false},
		"makes a namespace anew that is deleted":       {"remove", ns, (*fakeCluster).quicker, true, true},
		"takes over a namespace that is updated":       {"apply", ns, (*fakeCluster).takeOver, true, false},
		"takes over a component that is updated":       {"apply", api, (*fakeCluster).takeOver, true, false},
		"takes over a namespace that is deleted":       {"remove", ns, (*fakeCluster).takeOver, true, true},
		"takes over a component that is to be deleted": {"remove", Ref{kindDeployment, "old"}, (*fakeCluster).takeOver, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRaced(t, test.before, test.verb, test.at, test.races)
			cause := r.destroyOrCreate(test.destroy)
			if got := want(t, events.EnvironmentFailedTopic, r.outcome(cause)); got.Reason != "Refused" || !strings.Contains(got.Message, "exists and is not ours") {
				t.Errorf("failed: %+v", got)
			}
			r.checkTheirs(test.at)
		})
	}
}

// newRaced is a rig in which somebody is quicker than our first change of the object;
// before says that the environment is there.
func newRaced(t *testing.T, before bool, verb string, at Ref, races func(*fakeCluster, Ref)) *rig {
	t.Helper()
	r := newRig(t)
	r.start()
	if before {
		want(t, events.EnvironmentReadyTopic, r.outcome(r.create(both("v1"))))
	}
	r.race(verb, at, races)
	return r
}

// TestQuickerChange: what is ours changes between our reading and our change, such as
// the status of a component, or is there already, as after a lost answer. The request
// comes to its end.
func TestQuickerChange(t *testing.T) {
	t.Parallel()
	api := Ref{kindDeployment, "api"}
	for name, test := range map[string]struct {
		verb  string
		at    Ref
		races func(*fakeCluster, Ref)
		// before is there when the request comes.
		before bool
	}{
		"has a new status":     {"apply", api, (*fakeCluster).touch, true},
		"is changed, deleted":  {"remove", Ref{kindDeployment, "old"}, (*fakeCluster).touch, true},
		"namespace is changed": {"apply", Ref{kindNamespace, "shop"}, (*fakeCluster).touch, true},
		"is gone":              {"apply", api, (*fakeCluster).lose, true},
		"is there already":     {"apply", api, (*fakeCluster).ownQuicker, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRaced(t, test.before, test.verb, test.at, test.races)
			want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v2"))))
			r.cluster.change(func() {
				if image := r.cluster.namespaces["shop"].deployments["api"].image; image != "v2" {
					t.Errorf("image %s, want v2", image)
				}
			})
		})
	}
}

// both is small and a component that it has not.
func both(image string) Document {
	d := small("shop", image)
	d.Spec.Components["old"] = Component{Image: image, MinReadySeconds: new(0)}
	return d
}

// race lets somebody do something to the object right before our first change of it.
func (r *rig) race(verb string, at Ref, races func(*fakeCluster, Ref)) {
	done := false
	r.cluster.change(func() {
		r.cluster.before = func(v string, ref Ref) {
			if !done && v == verb && ref == at {
				done = true
				races(r.cluster, at)
			}
		}
	})
}

// checkTheirs wants the object as somebody else has made it.
func (r *rig) checkTheirs(at Ref) {
	r.t.Helper()
	r.cluster.change(func() {
		now := r.cluster.there(at, "shop")
		if now == nil || now.ours(own("shop")) || r.cluster.namespaces["shop"].manifests[at] != "" {
			r.t.Errorf("%s was changed: %+v", at, now)
		}
	})
	if slices.Contains(r.cluster.written(), "remove "+at.String()) {
		r.t.Errorf("it was deleted: %v", r.cluster.written())
	}
}

// quicker replaces the object, or makes it.
func (c *fakeCluster) quicker(at Ref) { c.put(at, Live{Ref: at, UID: "quicker"}) }

// ownQuicker is quicker with our labels.
func (c *fakeCluster) ownQuicker(at Ref) {
	c.put(at, Live{Ref: at, UID: "quicker", Labels: labelled(here)})
}

func (c *fakeCluster) put(at Ref, live Live) {
	live.ResourceVersion = c.next()
	if at.Kind == kindNamespace {
		c.make(at.Name, live)
		return
	}
	live.Namespace = "shop"
	c.namespaces["shop"].objects[at] = live
	delete(c.namespaces["shop"].manifests, at)
}

// takeOver takes our labels off the object; its UID stays.
func (c *fakeCluster) takeOver(at Ref) {
	live := *c.there(at, "shop")
	live.Labels, live.ResourceVersion = nil, c.next()
	if at.Kind == kindNamespace {
		c.namespaces[at.Name].live = live
	} else {
		c.namespaces["shop"].objects[at] = live
	}
	delete(c.namespaces["shop"].manifests, at)
}

// touch changes nothing of ours.
func (c *fakeCluster) touch(at Ref) {
	live := *c.there(at, "shop")
	live.ResourceVersion = c.next()
	if at.Kind == kindNamespace {
		c.namespaces[at.Name].live = live
		return
	}
	c.namespaces["shop"].objects[at] = live
}

// lose deletes an object.
func (c *fakeCluster) lose(at Ref) {
	delete(c.namespaces["shop"].objects, at)
	delete(c.namespaces["shop"].manifests, at)
}

func (r *rig) destroyOrCreate(destroy bool) events.Meta {
	if destroy {
		return r.destroy("shop")
	}
	return r.create(small("shop", "v2"))
}
