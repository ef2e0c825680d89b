package envs

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

func TestCreateAgainAndDestroy(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	ready := want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v1"))))
	if diff := cmp.Diff([]events.EnvironmentComponent{{Name: "api", Image: "v1", Replicas: 2, Ready: 2}}, ready.Components); diff != "" || ready.Phase != PhaseReady || ready.Took <= 0 {
		t.Errorf("ready with %+v (-want +got):\n%s", ready, diff)
	}
	first := []string{"apply namespace/shop", "apply deployment/api", "apply service/api"}
	if got := r.cluster.written(); !sameSet(got, first) || got[0] != first[0] {
		t.Errorf("wrote %v, want %v", got, first)
	}
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v1"))))
	if got := r.cluster.written(); len(got) != len(first) {
		t.Errorf("creating the same again wrote %v", got[len(first):])
	}
	gone := want(t, events.EnvironmentDestroyedTopic, r.outcome(r.destroy("shop")))
	if diff := cmp.Diff(events.EnvironmentDestroyed{Name: "shop", Reason: "asked"}, gone); diff != "" {
		t.Errorf("destroyed (-want +got):\n%s", diff)
	}
	no := want(t, events.EnvironmentRejectedTopic, r.outcome(r.destroy("shop")))
	if no.Kind != events.KindNotFound {
		t.Errorf("second destroy: %+v", no)
	}
}

func TestProgressIsPublished(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	r.outcome(r.create(small("shop", "v1")))
	var steps []string
	err := r.bus.Watch(t.Context(), events.Filter{
		Since: time.Now().Add(-time.Hour), Types: []string{events.EnvironmentProgressedTopic.Type()}, UntilCaughtUp: true,
	}, func(e events.Envelope) bool {
		p := want(t, events.EnvironmentProgressedTopic, e)
		steps = append(steps, p.Step)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Compact(steps); !slices.Equal(got, []string{"namespace", "apply", "wait"}) {
		t.Errorf("steps %v", got)
	}
}

func TestBuildBecomesAnEnvironment(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	build := events.BuildSucceeded{Project: "p", Revision: "4f1c2e9abc", Template: "shop", Components: map[string]string{"api": "v7"}}
	m := publish(r, events.BuildSucceededTopic, build)
	cause := r.stamp().After(m, "")
	cause.ID = events.Digest(m.ID, "envs", "taken")
	ready := want(t, events.EnvironmentReadyTopic, r.outcome(cause))
	if ready.Name != "shop-4f1c2e9abc" || ready.Components[0].Image != "v7" || ready.Template != "shop" || ready.Project != "p" || ready.Revision != build.Revision {
		t.Errorf("ready: %+v", ready)
	}
	build.Template = "ship"
	no := want(t, events.EnvironmentRejectedTopic, r.outcome(publish(r, events.BuildSucceededTopic, build)))
	if no.Kind != events.KindNotFound || !strings.Contains(no.Reason, `no template "ship"`) {
		t.Errorf("rejected: %+v", no)
	}
}

func TestRejected(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	r.cluster.foreign("prod")
	r.cluster.foreign("live")
	bad := small("shop", "v1")
	bad.Spec.Components["api"] = Component{}
	for name, test := range map[string]struct {
		cause  events.Meta
		kind   events.Kind
		reason string
	}{
		"invalid":           {r.create(bad), events.KindInvalid, "environment shop: spec.components.api.image: is missing"},
		"no document":       {publish(r, events.EnvironmentCreateTopic, events.EnvironmentCreate{Name: "x", Spec: []byte(`{"x":1}`)}), events.KindInvalid, "unknown field"},
		"two names":         {publish(r, events.EnvironmentCreateTopic, events.EnvironmentCreate{Name: "x", Spec: mustJSON(small("y", "v1"))}), events.KindInvalid, "environment x and its document for y"},
		"foreign namespace": {r.create(small("prod", "v1")), events.KindRefused, "it lacks the label app.kubernetes.io/managed-by=shakedown"},
		"foreign destroy":   {r.destroy("live"), events.KindRefused, "it lacks the label app.kubernetes.io/managed-by=shakedown"},
		"no name":           {r.destroy("a/b"), events.KindNotFound, "there is no environment a/b"},
	} {
		no := want(t, events.EnvironmentRejectedTopic, r.outcome(test.cause))
		if no.Kind != test.kind || !strings.Contains(no.Reason, test.reason) {
			t.Errorf("%s: %+v", name, no)
		}
	}
	if got := r.cluster.written(); len(got) > 0 {
		t.Errorf("something was changed: %v", got)
	}
}

func TestForeignObjectSurvives(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v1"))))
	r.cluster.change(func() {
		for _, ref := range []Ref{{kindDeployment, "debug"}, {kindService, "web"}} {
			r.cluster.namespaces["shop"].objects[ref] = Live{Ref: ref, Namespace: "shop", UID: "foreign"}
		}
	})
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v2"))))
	needsWeb := small("shop", "v3")
	needsWeb.Spec.Components["web"] = Component{Image: "v3", Ports: []Port{{Port: 80}}}
	before := r.cluster.written()
	no := want(t, events.EnvironmentRejectedTopic, r.outcome(r.create(needsWeb)))
	if no.Kind != events.KindRefused || !strings.Contains(no.Reason, "service/web in namespace shop exists and is not ours") {
		t.Errorf("rejected: %+v", no)
	}
	if diff := cmp.Diff(before, r.cluster.written()); diff != "" {
		t.Errorf("the refused request changed something:\n%s", diff)
	}
	if now, _ := r.cluster.Observe(t.Context(), "shop"); len(now.Objects) != 4 {
		t.Errorf("objects %v, want ours and the two foreign ones", now.Objects)
	}
}

func TestNewChecks(t *testing.T) {
	t.Parallel()
	if _, err := New(Deps{}); err == nil {
		t.Error("no error for missing dependencies")
	}
	c := Config{}
	bounds := reflect.TypeFor[Config]().NumField()
	if err := c.Validate(); err == nil || strings.Count(err.Error(), "\n")+1 != bounds {
		t.Errorf("problems: %v, want one of each of the %d bounds", err, bounds)
	}
}
