//go:build real

package kube_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// beside runs a service of another installation and returns its bus.
func (s *suite) beside(id string, expiryEvery time.Duration) *natsbus.Bus {
	s.t.Helper()
	bus, bounds := natsbustest.Open(s.t), testConfig()
	bounds.ExpiryEvery = expiryEvery
	s.run(bus, id, bounds)
	return bus
}

// TestAnotherInstallation neither changes nor destroys what this one has made, whatever
// it is asked, and does not let it expire.
func TestAnotherInstallation(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	one, two := s.beside("one", time.Hour), s.beside("two", 100*time.Millisecond)
	doc := s.alone(func(*envs.Component) {})
	doc.Spec.TTL = events.Duration(time.Millisecond)
	s.bus = one
	want(t, events.EnvironmentReadyTopic, s.create(doc))
	before := s.versions()
	s.bus = two
	for what, outcome := range map[string]events.Envelope{"create": s.create(s.shop()), "destroy": s.destroy(), "destroy all": s.destroyAs(true)} {
		no := want(t, events.EnvironmentRejectedTopic, outcome)
		if no.Kind != events.KindRefused || !strings.Contains(no.Reason, "belongs to installation one, and this one is two") {
			t.Errorf("%s: %+v", what, no)
		}
	}
	s.wantNothingOf(two)
	s.expires(two)
	if diff := cmp.Diff(before, s.versions()); diff != "" {
		t.Errorf("something was changed:\n%s", diff)
	}
	s.bus = one
	want(t, events.EnvironmentDestroyedTopic, s.destroy())
}

// wantNothingOf wants the environment to be neither shown, listed nor extended on the bus.
func (s *suite) wantNothingOf(bus *natsbus.Bus) {
	s.t.Helper()
	ctx, asked := s.t.Context(), newStamp("test").First(s.name)
	_, extended := events.EnvironmentExtendCall.Ask(ctx, bus, asked, events.EnvironmentExtend{Name: s.name, For: events.Duration(time.Hour)})
	_, shown := events.EnvironmentShowCall.Ask(ctx, bus, asked, events.EnvironmentQuery{Name: s.name})
	_, adopted := events.EnvironmentAdoptCall.Ask(ctx, bus, asked, events.EnvironmentAdopt{Name: s.name})
	for what, err := range map[string]error{"extend": extended, "show": shown, "adopt": adopted} {
		if err == nil || !strings.Contains(err.Error(), "belongs to installation one, and this one is two") {
			s.t.Errorf("%s: %v", what, err)
		}
	}
	if phase := s.phase(bus); phase != "" {
		s.t.Errorf("listed as %s", phase)
	}
}

// phase is that of the environment in the list, "" when it is not there.
func (s *suite) phase(bus *natsbus.Bus) string {
	s.t.Helper()
	list, err := events.EnvironmentListCall.Ask(s.t.Context(), bus, newStamp("test").First(s.name), events.Nothing{})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range list.Environments {
		if e.Name == s.name {
			return e.Phase
		}
	}
	return ""
}

// expires waits until the installation of the bus has destroyed an environment of its own
// whose time is over, so that it has looked at all.
func (s *suite) expires(bus *natsbus.Bus) {
	s.t.Helper()
	own := suite{t: s.t, bus: bus, client: s.client, name: s.name + "-own"}
	s.t.Cleanup(own.sweep)
	doc := own.alone(func(*envs.Component) {})
	doc.Spec.TTL = events.Duration(time.Millisecond)
	own.create(doc)
	ctx, cancel := context.WithTimeout(s.t.Context(), 5*time.Minute)
	defer cancel()
	gone := events.Filter{Since: time.Now().Add(-time.Hour), Types: []string{events.EnvironmentDestroyedTopic.Type()}}
	if err := bus.Watch(ctx, gone, func(events.Envelope) bool { return false }); err != nil || ctx.Err() != nil {
		s.t.Fatalf("it did not expire: %v", err)
	}
}

// TestAdopt: what an earlier version has made goes on running, unchanged, and is that of
// the installation that adopts it.
func TestAdopt(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	two := s.beside("two", time.Hour)
	doc := s.alone(func(*envs.Component) {})
	want(t, events.EnvironmentReadyTopic, s.create(doc))
	s.disown()
	if phase := s.phase(s.bus); phase != envs.PhaseUnadopted {
		t.Errorf("listed as %q", phase)
	}
	if no := want(t, events.EnvironmentRejectedTopic, s.destroy()); no.Advice != "shakedown env adopt "+s.name {
		t.Errorf("rejected: %+v", no)
	}
	pods := s.pods()
	e, err := events.EnvironmentAdoptCall.Ask(t.Context(), two, newStamp("test").First(s.name), events.EnvironmentAdopt{Name: s.name})
	if err != nil || e.Phase != envs.PhaseReady {
		t.Fatalf("adopted: %+v, %v", e, err)
	}
	no := want(t, events.EnvironmentRejectedTopic, s.destroy())
	s.bus = two
	want(t, events.EnvironmentReadyTopic, s.create(doc))
	if diff := cmp.Diff(pods, s.pods()); diff != "" || !strings.Contains(no.Reason, "belongs to installation two") {
		t.Errorf("rejected: %+v; pods were changed:\n%s", no, diff)
	}
	want(t, events.EnvironmentDestroyedTopic, s.destroy())
}

// pods are those of versions.
func (s *suite) pods() map[string]string {
	s.t.Helper()
	found := map[string]string{}
	for name, version := range s.versions() {
		if strings.HasPrefix(name, "pod/") {
			found[name] = version
		}
	}
	return found
}

// disown makes the environment one of an earlier version.
func (s *suite) disown() {
	s.t.Helper()
	patch := []byte(`{"metadata":{"labels":{"` + events.LabelInstallation + `":null}}}`)
	ctx, how, core := s.t.Context(), types.MergePatchType, s.client.CoreV1()
	_, err := core.Namespaces().Patch(ctx, s.name, how, patch, metav1.PatchOptions{})
	if err == nil {
		_, err = core.Services(s.name).Patch(ctx, "cart", how, patch, metav1.PatchOptions{})
	}
	if err == nil {
		_, err = s.client.AppsV1().Deployments(s.name).Patch(ctx, "cart", how, patch, metav1.PatchOptions{})
	}
	if err != nil {
		s.t.Fatal(err)
	}
}
