package envs

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

// build posts what CI of the project has built for the environment shop.
func (r *rig) build(project, image string) events.Meta {
	m := r.buildOf(project, "shop", image)
	next := r.stamp().After(m, "")
	next.ID = events.Digest(m.ID, "envs", "taken")
	return next
}

// buildOf is build with a template that may not be there.
func (r *rig) buildOf(project, template, image string) events.Meta {
	return publish(r, events.BuildSucceededTopic, events.BuildSucceeded{
		Project: project, Revision: "1", Template: template, Environment: "shop", Components: map[string]string{"api": image},
	})
}

// TestBuildsOfOthers: a build changes and prunes nothing in an environment that was
// made by hand or by another project; its own project and people may.
func TestBuildsOfOthers(t *testing.T) {
	t.Parallel()
	of := both("v1")
	of.Spec.Project = "q"
	for name, test := range map[string]struct {
		make func(*rig) events.Meta
		want string
	}{
		"by hand":            {func(r *rig) events.Meta { return r.create(both("v1")) }, "environment shop was made by hand, and not by project p"},
		"of another project": {func(r *rig) events.Meta { return r.build("q", "v1") }, "environment shop belongs to project q, not to p"},
		"by hand for one":    {func(r *rig) events.Meta { return r.create(of) }, "environment shop belongs to project q, not to p"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.start()
			want(t, events.EnvironmentReadyTopic, r.outcome(test.make(r)))
			r.wantUnchanged(func() {
				no := want(t, events.EnvironmentRejectedTopic, r.outcome(r.build("p", "v2")))
				if no.Kind != events.KindRefused || no.Reason != test.want || no.Project != "p" || no.Advice == "" {
					t.Errorf("rejected: %+v", no)
				}
			})
		})
	}
}

// wantUnchanged wants nothing to be written meanwhile.
func (r *rig) wantUnchanged(do func()) {
	r.t.Helper()
	before := r.cluster.written()
	do()
	if diff := cmp.Diff(before, r.cluster.written()); diff != "" {
		r.t.Errorf("something was changed:\n%s", diff)
	}
}

// TestByHandTakesNothingAway: after a change by hand the environment is still the
// project's, and its next build changes it.
func TestByHandTakesNothingAway(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.build("p", "v1")))
	if ready := want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v2")))); ready.Project != "p" || ready.Components[0].Image != "v2" {
		t.Errorf("after the change by hand: %+v", ready.Environment)
	}
	if ready := want(t, events.EnvironmentReadyTopic, r.outcome(r.build("p", "v3"))); ready.Components[0].Image != "v3" {
		t.Errorf("after the build: %+v", ready.Environment)
	}
}

// TestBuildsDoNotSupersedeOthers: what others have asked for comes to its end, although
// a build comes for the same name before that.
func TestBuildsDoNotSupersedeOthers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ask        func(*rig) events.Meta
		step, want string
	}{
		"create by hand": {func(r *rig) events.Meta { return r.create(small("shop", "slow")) }, "apply deployment/api", "was made by hand"},
		"other build":    {func(r *rig) events.Meta { return r.build("q", "slow") }, "apply deployment/api", "belongs to project q"},
		"destroy":        {func(r *rig) events.Meta { return r.destroy("shop") }, "remove namespace/shop", "belongs to project q"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkStands(t, name == "destroy", test.ask, test.step, test.want)
		})
	}
}

// checkStands wants what is asked for to come to its end, although a build comes once
// the step is written.
func checkStands(t *testing.T, destroy bool, ask func(*rig) events.Meta, step, reason string) {
	t.Helper()
	r := newRig(t)
	r.config.DestroyDeadline = time.Minute
	r.start()
	if destroy {
		want(t, events.EnvironmentReadyTopic, r.outcome(r.build("q", "v1")))
		r.cluster.change(func() { r.cluster.stuck = true })
	}
	cause := ask(r)
	if err := r.cluster.await(t.Context(), func() bool { return slices.Contains(r.cluster.writes, step) }); err != nil {
		t.Fatal(err)
	}
	if no := want(t, events.EnvironmentRejectedTopic, r.outcome(r.build("p", "v1"))); no.Kind != events.KindRefused || !strings.Contains(no.Reason, reason) {
		t.Errorf("rejected: %+v", no)
	}
	r.letGo(destroy)
	if end := r.outcome(cause); end.Type != events.EnvironmentReadyTopic.Type() && end.Type != events.EnvironmentDestroyedTopic.Type() {
		t.Errorf("what was asked for ended as %s: %s", end.Type, end.Data)
	}
}

// letGo lets what is stuck come to its end.
func (r *rig) letGo(destroy bool) {
	r.cluster.change(func() {
		if r.cluster.released = true; destroy {
			delete(r.cluster.namespaces, "shop")
		}
	})
}

// TestMayFollow: which requests a later one may supersede without asking the cluster.
func TestMayFollow(t *testing.T) {
	t.Parallel()
	of := func(project string) request {
		doc := small("shop", "v1")
		return request{Document: &doc, Origin: Origin{Project: project}}
	}
	byHand, cleared := of(""), of("p")
	byHand.Document.Spec.Project, cleared.over = "p", "open"
	for name, test := range map[string]struct {
		open, next request
		want       bool
	}{
		"by hand over a build":              {of("p"), of(""), true},
		"destroy over a build":              {of("p"), request{}, true},
		"build over one of the project":     {of("p"), of("p"), true},
		"build over one by hand for it":     {byHand, of("p"), true},
		"build over one of another":         {of("q"), of("p"), false},
		"build over one by hand":            {of(""), of("p"), false},
		"build over a destroy":              {request{}, of("p"), false},
		"build over what the cluster knows": {request{}, cleared, true},
	} {
		err := mayFollow(row{Asked: events.Meta{ID: "open"}, Body: test.open}, test.next)
		if (err == nil) != test.want {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
