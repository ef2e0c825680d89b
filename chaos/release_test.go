package chaos_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
)

// losing is a bus that loses the first event of a type.
type losing struct {
	events.Bus
	eventType string
	lost      atomic.Bool
}

func (m *losing) Publish(ctx context.Context, e events.Envelope) error {
	if e.Type == m.eventType && m.lost.CompareAndSwap(false, true) {
		return errors.New("the bus does not answer")
	}
	return m.Bus.Publish(ctx, e)
}

// TestResumeThatCouldNotBePublished: who asks again has the release published after all,
// once.
func TestResumeThatCouldNotBePublished(t *testing.T) {
	r, l := chaostest.New(t), newLamps(1)
	d := r.Deps("a", l)
	d.Bus = &losing{Bus: r.Bus, eventType: events.StopReleasedTopic.Type()}
	r.Serve(d)
	stopAll(t, r)
	by := events.StopRequest{By: "test"}
	if _, err := events.ResumeCall.Ask(t.Context(), r.Bus, chaostest.Stamp().First(""), by); err == nil {
		t.Fatal("nobody heard of the release, and resume says that all is well")
	}
	for range 2 {
		if state := ask(t, r, events.ResumeCall, by); state.Engaged {
			t.Errorf("resume: %+v", state)
		}
	}
	chaostest.Await(r, events.StopReleasedTopic)
	if n := len(chaostest.Of(r, events.StopReleasedTopic)); n != 1 {
		t.Errorf("the release was published %d times", n)
	}
}
