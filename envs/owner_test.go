package envs

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// beside is a rig of another installation on the same cluster. Its service runs.
func (r *rig) beside() *rig {
	r.t.Helper()
	other := newRig(r.t)
	other.cluster, other.installation, other.config.ExpiryEvery = r.cluster, "there", 5*time.Millisecond
	other.start()
	return other
}

func (r *rig) extend(name string) (events.Environment, error) {
	e := events.EnvironmentExtend{Name: name, For: events.Duration(1000 * time.Hour)}
	return events.EnvironmentExtendCall.Ask(r.t.Context(), r.bus, r.stamp().First(""), e)
}

func (r *rig) adopt(from string) (events.Environment, error) {
	e := events.EnvironmentAdopt{Name: "shop", From: from}
	return events.EnvironmentAdoptCall.Ask(r.t.Context(), r.bus, r.stamp().First(""), e)
}

func (r *rig) show(name string) (events.EnvironmentAnswer, error) {
	return events.EnvironmentShowCall.Ask(r.t.Context(), r.bus, r.stamp().First(""), events.EnvironmentQuery{Name: name})
}

// phases are the environments that are listed, as "name phase".
func (r *rig) phases() []string {
	r.t.Helper()
	list, err := events.EnvironmentListCall.Ask(r.t.Context(), r.bus, r.stamp().First(""), events.Nothing{})
	if err != nil {
		r.t.Fatal(err)
	}
	var seen []string
	for _, e := range list.Environments {
		seen = append(seen, e.Name+" "+e.Phase)
	}
	return seen
}

// wantRefused wants nothing of the environment shop to be changed by the rig, in the
// words that say why.
func (r *rig) wantRefused(why string) {
	r.t.Helper()
	r.wantUnchanged(func() {
		for what, ask := range map[string]func() events.Meta{
			"create":      func() events.Meta { return r.create(small("shop", "v2")) },
			"build":       func() events.Meta { return r.build("p", "v2") },
			"destroy":     func() events.Meta { return r.destroy("shop") },
			"destroy all": func() events.Meta { return publish(r, events.EnvironmentDestroyTopic, allOfShop()) },
		} {
			no := want(r.t, events.EnvironmentRejectedTopic, r.outcome(ask()))
			if no.Kind != events.KindRefused || !strings.Contains(no.Reason, why) || !strings.Contains(no.Advice, "shakedown env adopt shop") {
				r.t.Errorf("%s: %+v", what, no)
			}
		}
		_, extended := r.extend("shop")
		_, shown := r.show("shop")
		for what, err := range map[string]error{"extend": extended, "show": shown} {
			if events.KindOf(err) != events.KindRefused || !strings.Contains(err.Error(), why) {
				r.t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func allOfShop() events.EnvironmentDestroy {
	return events.EnvironmentDestroy{Name: "shop", WithForeign: true}
}

// TestAnotherInstallation neither changes nor destroys what this one has made, nor lists
// it, although it is asked for the same name.
func TestAnotherInstallation(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(lasting(time.Hour))))
	other := r.beside()
	other.wantRefused("namespace shop exists and belongs to installation here, and this one is there")
	if got := other.phases(); len(got) > 0 {
		t.Errorf("the other installation lists %v", got)
	}
	if _, err := other.adopt(""); events.KindOf(err) != events.KindRefused || !strings.Contains(err.Error(), "belongs to installation here") {
		t.Errorf("adopted without a word: %v", err)
	}
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v2"))))
	want(t, events.EnvironmentReadyTopic, other.outcome(other.create(small("cart", "v1"))))
	want(t, events.EnvironmentDestroyedTopic, r.outcome(r.destroy("shop")))
	if got := other.phases(); !slices.Equal(got, []string{"cart ready"}) {
		t.Errorf("the other installation lists %v", got)
	}
}

// TestAnotherInstallationLetsItLive: what expires is destroyed by its own installation
// alone, and by none when it has none.
func TestAnotherInstallationLetsItLive(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(lasting(time.Hour))))
	r.stop()
	over := endText(time.Now().Add(-time.Hour))
	r.cluster.change(func() { r.cluster.namespaces["shop"].live.Annotations[AnnotationEnds] = over })
	other := r.beside()
	other.looks(3)
	r.cluster.change(func() { r.cluster.disown("shop") })
	other.looks(3)
	asked := other.stamp().First("over")
	other.stop()
	other.left(asked, request{Reason: "expired", Ends: over}, work.Lease{})
	other.start()
	want(t, events.EnvironmentRejectedTopic, other.outcome(asked))
	if got := other.all(outcomes()); !slices.Equal(got, []string{"rejected shop"}) {
		t.Errorf("outcomes of the other installation: %v", got)
	}
	if _, ok := r.end(); !ok {
		t.Error("the environment is gone")
	}
}

// looks waits until environments were listed so many times more.
func (r *rig) looks(more int) {
	r.t.Helper()
	var before int
	r.cluster.change(func() { before = r.cluster.lists })
	if err := r.cluster.await(r.t.Context(), func() bool { return r.cluster.lists >= before+more }); err != nil {
		r.t.Fatal(err)
	}
}

// disown makes the environment one of an earlier version.
func (c *fakeCluster) disown(name string) { c.label(name, "") }

// label puts the id of an installation on all that is in the namespace and has labels.
func (c *fakeCluster) label(name, installation string) {
	ns := c.namespaces[name]
	if ns == nil {
		return
	}
	for _, live := range append(slices.Collect(maps.Values(ns.objects)), ns.live) {
		if live.Labels == nil {
			continue
		}
		live.Labels, live.ResourceVersion = maps.Clone(live.Labels), c.next()
		delete(live.Labels, events.LabelInstallation)
		if installation != "" {
			live.Labels[events.LabelInstallation] = installation
		}
		c.replace(live)
	}
}

// installations are the ids on what is in the namespace.
func (c *fakeCluster) installations(name string) map[string]string {
	ids := map[string]string{}
	c.change(func() {
		for r, live := range c.namespaces[name].objects {
			ids[r.String()] = live.Labels[events.LabelInstallation]
		}
		ids["namespace"] = c.namespaces[name].live.Labels[events.LabelInstallation]
	})
	return ids
}

// TestAdopt: what an earlier version has made is shown, and neither changed nor destroyed
// before an installation adopts it. Then it is that one's, as it is.
func TestAdopt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(lasting(time.Hour))))
	r.cluster.change(func() {
		r.cluster.disown("shop")
		r.cluster.quicker(Ref{kindDeployment, "by-hand"})
	})
	r.wantRefused("namespace shop exists and belongs to no installation")
	if got := r.phases(); !slices.Equal(got, []string{"shop unadopted"}) {
		t.Errorf("listed: %v", got)
	}
	for range 2 {
		if e, err := r.adopt(""); err != nil || e.Phase != PhaseReady {
			t.Fatalf("adopted: %+v, %v", e, err)
		}
	}
	wanted := map[string]string{"namespace": here, "deployment/api": here, "service/api": here, "deployment/by-hand": ""}
	if got := r.cluster.installations("shop"); !maps.Equal(got, wanted) {
		t.Errorf("installations: %v", got)
	}
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v2"))))
	want(t, events.EnvironmentRejectedTopic, r.outcome(r.destroy("shop"))) // for what was made by hand
}

// TestAdoptInTwo: an adoption that ended after the namespace is gone on with.
func TestAdoptInTwo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v1"))))
	r.cluster.change(func() {
		ours := r.cluster.namespaces["shop"].live
		r.cluster.disown("shop")
		r.cluster.replace(ours)
	})
	no := want(t, events.EnvironmentRejectedTopic, r.outcome(r.create(small("shop", "v2"))))
	if !strings.Contains(no.Reason, "in namespace shop exists and belongs to no installation") || no.Advice != "shakedown env adopt shop" {
		t.Errorf("rejected: %+v", no)
	}
	if _, err := r.adopt(""); err != nil {
		t.Fatal(err)
	}
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v2"))))
}

// TestAdoptFromAnother takes an environment from the installation that is named and from
// no other, such as one that was quicker.
func TestAdoptFromAnother(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v1"))))
	r.cluster.change(func() { r.cluster.label("shop", "gone") })
	r.wantUnchanged(func() {
		for _, from := range []string{"", "another", here} {
			if _, err := r.adopt(from); events.KindOf(err) != events.KindRefused || !strings.Contains(err.Error(), "belongs to installation gone") {
				t.Errorf("from %q: %v", from, err)
			}
		}
	})
	r.race("mark", Ref{kindNamespace, "shop"}, func(c *fakeCluster, _ Ref) { c.label("shop", "quicker") })
	r.wantUnchanged(func() {
		if _, err := r.adopt("gone"); events.KindOf(err) != events.KindRefused || !strings.Contains(err.Error(), "belongs to installation quicker") {
			t.Errorf("another was quicker: %v", err)
		}
	})
	if e, err := r.adopt("quicker"); err != nil || e.Phase != PhaseReady {
		t.Errorf("adopted: %+v, %v", e, err)
	}
	want(t, events.EnvironmentDestroyedTopic, r.outcome(r.destroy("shop")))
	if _, err := r.adopt("quicker"); events.KindOf(err) != events.KindNotFound {
		t.Errorf("it is gone: %v", err)
	}
}

// TestObjectsNameTheirInstallation: all that we make does, and of a component's pods only
// the Deployment, so that its pods go on running when it is adopted.
func TestObjectsNameTheirInstallation(t *testing.T) {
	t.Parallel()
	for _, o := range small("shop", "v1").WithDefaults().Objects(made(), "now") {
		if live := liveOf(o); live.Labels[events.LabelInstallation] != here {
			t.Errorf("%s: %v", o.Ref, live.Labels)
		}
		if n := strings.Count(string(o.Manifest), events.LabelInstallation); n != 1 {
			t.Errorf("%s names it %d times", o.Ref, n)
		}
	}
}
