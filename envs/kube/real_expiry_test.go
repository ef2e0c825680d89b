//go:build real

package kube_test

import (
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

// TestExtend: the API server keeps an extension over a deploy with the same ttl, and lets
// go of the end with the ttl.
func TestExtend(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	doc := s.alone(func(*envs.Component) {})
	doc.Spec.TTL = events.Duration(time.Hour)
	first := want(t, events.EnvironmentReadyTopic, s.create(doc)).Ends
	longer, err := events.EnvironmentExtendCall.Ask(t.Context(), s.bus, newStamp("test").First(s.name), events.EnvironmentExtend{
		Name: s.name, For: events.Duration(48 * time.Hour),
	})
	if err != nil || first == "" || longer.Ends <= first || longer.Phase != envs.PhaseReady {
		t.Fatalf("extended from %q: %+v, %v", first, longer, err)
	}
	if again := want(t, events.EnvironmentReadyTopic, s.create(doc)); again.Ends != longer.Ends {
		t.Errorf("after a deploy it expires at %q, want %q", again.Ends, longer.Ends)
	}
	doc.Spec.TTL = 0
	if last := want(t, events.EnvironmentReadyTopic, s.create(doc)); last.Ends != "" || last.TTL != "" {
		t.Errorf("without a ttl: %+v", last.Environment)
	}
}
