package envs

import (
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

func TestFailures(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	for name, test := range map[string]struct {
		doc             Document
		reason, message string
	}{
		"image":  {small("one", "missing"), "ImagePullBackOff", "container api of component api cannot start: image missing: no such image"},
		"server": {small("two", "invalid"), "Invalid", "the API server does not take deployment/api"},
	} {
		got := want(t, events.EnvironmentFailedTopic, r.outcome(r.create(test.doc)))
		if got.Reason != test.reason || got.Message != test.message {
			t.Errorf("%s: %+v", name, got)
		}
	}
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("one", "v1"))))
}

func TestOutage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	r.cluster.change(func() { r.cluster.down = true })
	got := want(t, events.EnvironmentFailedTopic, r.outcome(r.create(small("shop", "v1"))))
	if got.Reason != "Unavailable" || got.Message != "cannot reach the API server" {
		t.Errorf("failed: %+v", got)
	}
	cause := r.create(small("shop", "v2"))
	time.AfterFunc(100*time.Millisecond, func() { r.cluster.change(func() { r.cluster.down = false }) })
	want(t, events.EnvironmentReadyTopic, r.outcome(cause))
}

func TestStuckNamespace(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(small("shop", "v1"))))
	r.cluster.change(func() { r.cluster.stuck = true })
	got := want(t, events.EnvironmentFailedTopic, r.outcome(r.destroy("shop")))
	if got.Reason != ReasonTerminating || !strings.HasSuffix(got.Message, "it is held by: configmaps/held has the finalizers example.com/hold") {
		t.Errorf("failed: %+v", got)
	}
	again := want(t, events.EnvironmentFailedTopic, r.outcome(r.create(small("shop", "v1"))))
	if again.Reason != ReasonTerminating {
		t.Errorf("create over it: %+v", again)
	}
	cause := r.destroy("shop")
	r.cluster.change(func() { delete(r.cluster.namespaces, "shop") })
	r.outcome(cause)
}
