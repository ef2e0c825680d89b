package natsbus_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// missed is longer than it takes until a consumer counts as lost: two heartbeats.
const missed = 12 * time.Second

// TestWatchEndsWithoutJetStream: who does not want to watch any more need not wait for the
// server, which is asked again and again to make a lost consumer anew.
func TestWatchEndsWithoutJetStream(t *testing.T) {
	t.Parallel()
	s := natsbustest.Serve(t, natsbustest.Options(t))
	bus := natsbustest.Connect(t, natsbus.Access{URL: s.ClientURL()})
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan struct{}), make(chan error, 1)
	filter := events.Filter{Ready: sync.OnceFunc(func() { close(ready) })}
	go func() { done <- bus.Watch(ctx, filter, func(events.Envelope) bool { return true }) }()
	<-ready
	if err := s.DisableJetStream(); err != nil {
		t.Fatal(err)
	}
	events.Wait(t.Context(), missed)
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("it ends with %v", err)
		}
	case <-time.After(patience):
		t.Error("it does not end")
	}
}
