package envs

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

// sceneOf is an environment whose document wants two replicas of v2, which run.
func sceneOf() scene {
	d, pods := up("api", 2)
	d.Image, d.Complete = "v2", true
	for i := range pods {
		pods[i].Name, pods[i].Containers = string(rune('a'+i)), []Container{{Name: "api", Image: "v2", Ready: true, State: Running}}
	}
	doc := small("shop", "v2").WithDefaults()
	namespace := liveOf(doc.namespace(made(), "now"))
	return scene{Seen: Seen{Namespace: namespace, Deployments: []Deployment{d}}, Pods: pods, looked: true}
}

// starting is the scene when the pods of v2 have not come up, beside so many of v1 that serve.
func starting(old int) scene {
	s := sceneOf()
	d := &s.Deployments[0]
	d.Replicas, d.Ready, d.Available, d.Complete = 2+old, old, old, false
	for i := range s.Pods {
		s.Pods[i].Ready, s.Pods[i].Created = false, time.Unix(100, 0)
		s.Pods[i].Containers = []Container{{Name: "api", Image: "v2", State: Waiting, Reason: "ErrImagePull", Message: "not found"}}
	}
	for i := range old {
		s.Pods = append(s.Pods, Pod{
			Name: "old" + string(rune('a'+i)), Component: "api", Ready: true, Containers: []Container{{Name: "api", Image: "v1", Ready: true, State: Running}},
		})
	}
	return s
}

func (s scene) asked(h history) scene { s.history = h; return s }

func (s scene) with(change func(*scene)) scene { change(&s); return s }

func (s scene) deployed(change func(*Deployment)) scene { change(&s.Deployments[0]); return s }

func wasReady() history { return history{last: &end{Verb: verbCreate, Outcome: outcomeReady}} }

func because(verb, problem string, lasting bool) history {
	return history{last: &end{Verb: verb, Outcome: outcomeFailed, Problem: problem, Lasting: lasting}}
}

func doing(doc *Document, last history) history { last.open = &request{Document: doc}; return last }

// TestPhase: the phase says what is asked for and whether somebody works on it, the
// components what is wanted beside what runs.
func TestPhase(t *testing.T) {
	t.Parallel()
	pulling := "ErrImagePull: container api of component api cannot start: image v2: not found"
	component := func(ready int, running ...string) events.EnvironmentComponent {
		return events.EnvironmentComponent{Name: "api", Image: "v2", Replicas: 2, Ready: ready, Outdated: running}
	}
	deployed := func(image string) events.EnvironmentComponent {
		c := component(0, image)
		c.Deployed = &events.EnvironmentDeployed{Image: image, Replicas: 2, Ready: 2}
		return c
	}
	alone := component(0)
	alone.Deployed = &events.EnvironmentDeployed{Image: "v2"}
	scaled := sceneOf().deployed(func(d *Deployment) {
		*d = Deployment{Name: "api", Image: "v2", Generation: 3, Observed: 3, Complete: true}
	}).with(func(s *scene) { s.Pods = nil })
	deleted := sceneOf().with(func(s *scene) { s.Deployments, s.Pods = nil, nil })
	other := func(image string) scene {
		s := sceneOf().deployed(func(d *Deployment) { d.Image = image })
		for i := range s.Pods {
			s.Pods[i].Containers[0].Image = image
		}
		return s
	}
	missing := events.EnvironmentComponent{Name: "api", Image: "v2", Replicas: 2, Missing: true}
	stalled := starting(0).deployed(func(d *Deployment) { d.Stalled = "it has timed out" }).with(func(s *scene) { s.Pods = nil })
	for name, test := range map[string]struct {
		in             scene
		phase, problem string
		component      events.EnvironmentComponent
	}{
		"ready":                        {sceneOf(), PhaseReady, "", component(2)},
		"first create":                 {starting(0).asked(doing(&Document{}, history{})), PhaseCreating, pulling, component(0)},
		"create after a failure":       {starting(0).asked(doing(&Document{}, because(verbCreate, "old", false))), PhaseCreating, pulling, component(0)},
		"given up":                     {starting(0).asked(because(verbCreate, "NotReady: too late", false)), PhaseFailed, "NotReady: too late", component(0)},
		"healed since":                 {sceneOf().asked(because(verbCreate, "NotReady: too late", false)), PhaseReady, "", component(2)},
		"not filled":                   {sceneOf().asked(because(verbCreate, "SeedFailed: no", true)), PhaseFailed, "SeedFailed: no", component(2)},
		"update":                       {starting(2).asked(doing(&Document{}, wasReady())), PhaseUpdating, pulling, component(0, "v1")},
		"update after a broken one":    {starting(2).asked(doing(&Document{}, because(verbCreate, "x", false))), PhaseUpdating, pulling, component(0, "v1")},
		"update not begun":             {sceneOf().asked(doing(&Document{}, wasReady())), PhaseUpdating, "", component(2)},
		"broken update":                {starting(2).asked(because(verbCreate, "ErrImagePull: x", false)), PhaseFailed, "ErrImagePull: x", component(0, "v1")},
		"refused update":               {other("v1").asked(because(verbCreate, "Invalid: x", true)), PhaseFailed, "Invalid: x", deployed("v1")},
		"pod lost":                     {starting(0).deployed(func(d *Deployment) { d.Complete = true }).asked(wasReady()), PhaseDegraded, pulling, component(0)},
		"scaled by others":             {scaled.asked(wasReady()), PhaseDegraded, "Scaled: component api was scaled to 0 replicas, and 2 are wanted", alone},
		"scaled, long ago":             {scaled, PhaseDegraded, "Scaled: component api was scaled to 0 replicas, and 2 are wanted", alone},
		"deleted by others":            {deleted.asked(wasReady()), PhaseDegraded, "Missing: the Deployment of component api is not there", missing},
		"deleted, long ago":            {deleted, PhaseDegraded, "Missing: the Deployment of component api is not there", missing},
		"changed by others":            {other("v3").asked(wasReady()), PhaseDegraded, "Changed: the Deployment of component api has image v3, and v2 is wanted", deployed("v3")},
		"destroy that waits":           {sceneOf().asked(doing(nil, wasReady())), PhaseReady, "", component(2)},
		"destroy that has begun":       {sceneOf().asked(history{open: &request{Begun: true}}), PhaseDestroying, "", component(2)},
		"destroy given up":             {sceneOf().with(func(s *scene) { s.Terminating = true }).asked(because(verbDestroy, "Terminating: held", true)), PhaseDestroying, "Terminating: held", component(2)},
		"by another server":            {starting(0).with(func(s *scene) { s.Pods = nil }), PhaseCreating, "", component(0)},
		"stuck, by another server":     {starting(0), PhaseFailed, pulling, component(0)},
		"given up by Kubernetes alone": {stalled, PhaseFailed, "ProgressDeadlineExceeded: component api: it has timed out", component(0)},
	} {
		e := test.in.view(test.in.phase())
		if e.Phase != test.phase || e.Problem != test.problem {
			t.Errorf("%s: %s, %q; want %s, %q", name, e.Phase, e.Problem, test.phase, test.problem)
		}
		if diff := cmp.Diff([]events.EnvironmentComponent{test.component}, e.Components); diff != "" {
			t.Errorf("%s: components (-want +got):\n%s", name, diff)
		}
	}
}

// one is the environment shop as a list shows it.
func (r *rig) one() events.Environment {
	r.t.Helper()
	list, err := events.EnvironmentListCall.Ask(r.t.Context(), r.bus, r.stamp().First(""), events.Nothing{})
	if err != nil || len(list.Environments) != 1 {
		r.t.Fatalf("list: %+v, %v", list, err)
	}
	shown, err := events.EnvironmentShowCall.Ask(r.t.Context(), r.bus, r.stamp().First(""), events.EnvironmentQuery{Name: "shop"})
	if err != nil {
		r.t.Fatal(err)
	}
	if diff := cmp.Diff(shown.Environment, list.Environments[0]); diff != "" {
		r.t.Errorf("list and show differ (-show +list):\n%s", diff)
	}
	return list.Environments[0]
}

// TestGivenUpIsSaid: what nobody works on any more is not being created, also for a
// server that has just started.
func TestGivenUpIsSaid(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.config.Deadline = 50 * time.Millisecond
	r.start()
	failed := want(t, events.EnvironmentFailedTopic, r.outcome(r.create(small("shop", "slow"))))
	for range 2 {
		if e := r.one(); e.Phase != PhaseFailed || e.Problem != failed.Reason+": "+failed.Message {
			t.Errorf("%s because of %q, want failed because of %q", e.Phase, e.Problem, failed.Message)
		}
		r.start()
	}
	r.cluster.change(func() { r.cluster.released = true })
	if e := r.one(); e.Phase != PhaseReady || e.Problem != "" {
		t.Errorf("after it came up: %s because of %q", e.Phase, e.Problem)
	}
}

// TestUpdateThatBreaks: while a request is open it is no failure, and the version before
// is shown as long as it serves.
func TestUpdateThatBreaks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v1"))))
	r.create(small("shop", "slow"))
	if err := r.cluster.await(t.Context(), func() bool { return r.cluster.namespaces["shop"].deployments["api"].image == "slow" }); err != nil {
		t.Fatal(err)
	}
	component := events.EnvironmentComponent{Name: "api", Image: "slow", Replicas: 2, Outdated: []string{"v1"}}
	e := r.one()
	if diff := cmp.Diff([]events.EnvironmentComponent{component}, e.Components); diff != "" || e.Phase != PhaseUpdating {
		t.Errorf("during the update %s (-want +got):\n%s", e.Phase, diff)
	}
	broken := r.outcome(r.create(small("shop", "missing")))
	if got := want(t, events.EnvironmentFailedTopic, broken); !cmp.Equal(got.Serving, []string{"api"}) {
		t.Errorf("failed: %+v, want the version before to serve in api", got)
	}
	component.Image = "missing"
	e = r.one()
	if diff := cmp.Diff([]events.EnvironmentComponent{component}, e.Components); diff != "" || e.Phase != PhaseFailed {
		t.Errorf("after the broken update %s (-want +got):\n%s", e.Phase, diff)
	}
}

// TestRefusalChangesNoPhase: what was refused has changed nothing, so an environment that
// was not filled stays failed.
func TestRefusalChangesNoPhase(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	r.datamove(r.finished("different", "table orders differs"))
	want(t, events.EnvironmentFailedTopic, r.outcome(r.create(seededDocument())))
	r.cluster.change(func() { r.cluster.quicker(Ref{kindDeployment, "by-hand"}) })
	want(t, events.EnvironmentRejectedTopic, r.outcome(r.destroy("shop")))
	for range 2 {
		if e := r.one(); e.Phase != PhaseFailed || e.Problem == "" {
			t.Errorf("after a refusal it is %s because of %q, want failed", e.Phase, e.Problem)
		}
		r.start()
	}
}
