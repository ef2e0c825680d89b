package envs

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

func TestListAndShow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	r.cluster.foreign("prod")
	doc := small("good", "v1")
	doc.Metadata.Labels = map[string]string{"team": "shop"}
	doc.Spec.TTL = events.Duration(time.Hour)
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(doc)))
	want(t, events.EnvironmentFailedTopic, r.outcome(r.create(small("bad", "missing"))))
	list, err := events.EnvironmentListCall.Ask(t.Context(), r.bus, r.stamp().First(""), events.Nothing{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range list.Environments {
		if list.Environments[i].Created == "" {
			t.Error("no time of creation")
		}
		list.Environments[i].Created = ""
	}
	wanted := []events.Environment{
		{
			Name: "bad", Namespace: "bad", Phase: PhaseFailed, Components: []events.EnvironmentComponent{{Name: "api", Image: "missing", Replicas: 2}},
			Problem: "ImagePullBackOff: container api of component api cannot start: image missing: no such image",
		},
		{
			Name: "good", Namespace: "good", Phase: PhaseReady, Components: []events.EnvironmentComponent{{Name: "api", Image: "v1", Replicas: 2, Ready: 2}},
			Labels: map[string]string{"team": "shop"}, TTL: "1h0m0s",
		},
	}
	if len(list.Environments) != len(wanted) || list.Environments[1].Ends == "" {
		t.Fatalf("list: %+v", list.Environments)
	}
	list.Environments[1].Ends = "" // an hour after the request
	if diff := cmp.Diff(wanted, list.Environments); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	one, err := events.EnvironmentShowCall.Ask(t.Context(), r.bus, r.stamp().First(""), events.EnvironmentQuery{Name: "good"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"namespace/good", "deployment/api", "service/api"}, one.Objects); diff != "" || one.Environment.Phase != PhaseReady {
		t.Errorf("show: phase %s, objects (-want +got):\n%s", one.Environment.Phase, diff)
	}
	for _, name := range []string{"prod", "none", "a/b"} {
		_, err := events.EnvironmentShowCall.Ask(t.Context(), r.bus, r.stamp().First(""), events.EnvironmentQuery{Name: name})
		if events.KindOf(err) != events.KindNotFound {
			t.Errorf("show %s: %v, want not found", name, err)
		}
	}
}

// TestUnreadableRow keeps nobody from the other environments.
func TestUnreadableRow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	for _, name := range []string{"cart", "shop"} {
		want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small(name, "v1"))))
	}
	if _, err := r.emptied().Create(t.Context(), "shop", []byte(`{"id":"shop","body":{"reason":7}}`)); err != nil {
		t.Fatal(err)
	}
	list, err := events.EnvironmentListCall.Ask(t.Context(), r.bus, r.stamp().First(""), events.Nothing{})
	if err != nil || len(list.Environments) != 2 || list.Environments[0].Problem != "" || list.Environments[1].Problem == "" {
		t.Errorf("list %+v, %v", list, err)
	}
}
