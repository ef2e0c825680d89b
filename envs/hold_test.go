package envs

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

// unprobedDocument has one component that says nothing of when it is ready.
func unprobedDocument(image string) Document {
	d := small("shop", image)
	api := d.Spec.Components["api"]
	api.MinReadySeconds = nil
	d.Spec.Components["api"] = api
	return d.WithDefaults()
}

// said are the verbs of what was published about environments, progress aside.
func (m *memory) said() (verbs []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.published {
		if verb := strings.TrimPrefix(e.Type, events.Prefix+"v1.envs.environment."); verb != "progressed" {
			verbs = append(verbs, verb)
		}
	}
	return verbs
}

// TestHeldBeforeReady: without a readiness probe nothing is filled, and no experiment
// begins, before the component has run for a while.
func TestHeldBeforeReady(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, q := onMemory(t, newFake())
		doc := unprobedDocument("v1")
		if err := q.Add(t.Context(), "shop", events.Meta{ID: "a", Time: time.Now()}, request{Document: &doc}); err != nil {
			t.Fatal(err)
		}
		events.Wait(t.Context(), (unprobed-1)*time.Second)
		if got := m.said(); len(got) > 0 {
			t.Errorf("said %v before the component has run for %d seconds", got, unprobed)
		}
		events.Wait(t.Context(), 2*time.Second)
		if diff := cmp.Diff([]string{"provisioned", "ready"}, m.said()); diff != "" {
			t.Errorf("said afterwards (-want +got):\n%s", diff)
		}
	})
}

// TestWhatExitsAtOnceIsNotReady: it is Ready for a moment after each start.
func TestWhatExitsAtOnceIsNotReady(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, q := onMemory(t, newFake())
		doc := unprobedDocument("exits")
		if err := q.Add(t.Context(), "shop", events.Meta{ID: "a", Time: time.Now()}, request{Document: &doc}); err != nil {
			t.Fatal(err)
		}
		events.Wait(t.Context(), 30*time.Second)
		if diff := cmp.Diff([]string{"failed"}, m.said()); diff != "" {
			t.Fatalf("said (-want +got):\n%s", diff)
		}
		got := want(t, events.EnvironmentFailedTopic, m.of(events.EnvironmentFailedTopic.Type())[0])
		if got.Reason != ReasonCrashLoop || !strings.Contains(got.Message, "component api ends with exit code 2, restarted") {
			t.Errorf("failed: %+v", got)
		}
	})
}

// TestAHoldIsNoFailure: the time for which pods are held comes on top of the deadline.
func TestAHoldIsNoFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, q := onMemory(t, newFake())
		doc := unprobedDocument("v1")
		api := doc.Spec.Components["api"]
		api.MinReadySeconds = new(maxMinReady)
		doc.Spec.Components["api"] = api
		if err := q.Add(t.Context(), "shop", events.Meta{ID: "a", Time: time.Now()}, request{Document: &doc}); err != nil {
			t.Fatal(err)
		}
		events.Wait(t.Context(), maxMinReady*time.Second+time.Minute)
		if diff := cmp.Diff([]string{"provisioned", "ready"}, m.said()); diff != "" {
			t.Errorf("said (-want +got):\n%s", diff)
		}
	})
}

func TestMinReady(t *testing.T) {
	t.Parallel()
	probed := Probes{Readiness: &Probe{TCP: &TCP{Port: 80}}}
	for name, test := range map[string]struct {
		component Component
		want      int
		note      string
	}{
		"a probe":              {Component{Probes: probed}, 0, ""},
		"a probe and a time":   {Component{Probes: probed, MinReadySeconds: new(5)}, 5, ""},
		"no probe":             {Component{}, 30, "when it has run for 30s without ending"},
		"no probe and a time":  {Component{MinReadySeconds: new(90)}, 90, "when it has run for 90s without ending"},
		"no probe and no time": {Component{MinReadySeconds: new(0)}, 0, "as soon as it runs, also one that ends at once"},
		"no pods":              {Component{Replicas: new(0)}, 30, ""},
	} {
		d := Document{Spec: Spec{Components: map[string]Component{"api": test.component}}}.WithDefaults()
		if got := d.Spec.Components["api"].minReady(); got != test.want {
			t.Errorf("%s: held for %d seconds, want %d", name, got, test.want)
		}
		notes := strings.Join(d.Notes(), "; ")
		if (notes == "") != (test.note == "") || !strings.Contains(notes, test.note) {
			t.Errorf("%s: notes %q, want %q", name, notes, test.note)
		}
	}
}

// TestHeldIsSaid: what is awaited is named, and is no failure.
func TestHeldIsSaid(t *testing.T) {
	t.Parallel()
	d, pods := up("api", 2)
	d.Available, d.MinReady = 1, 30*time.Second
	found := Diagnose(Snapshot{Deployments: []Deployment{d}, Pods: pods}, time.Time{})
	if len(found) != 1 || found[0].Reason != ReasonHeld || found[0].Stuck() {
		t.Errorf("found %+v", found)
	}
	if _, _, message := rollout([]Deployment{d}); message != "api 2/2 (Ready for less than 30s)" {
		t.Errorf("progress %q", message)
	}
}
