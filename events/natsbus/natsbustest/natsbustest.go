// Package natsbustest gives tests a real bus: an embedded server in the test's
// own directory, gone when the test ends.
package natsbustest

import (
	"context"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events/natsbus"
)

// Open starts a server and connects to it. Options change the configuration.
func Open(t testing.TB, options ...func(*natsbus.Config)) *natsbus.Bus {
	t.Helper()
	return Connect(t, Start(t, t.TempDir()).Access(), options...)
}

// Start starts a server with the data directory.
func Start(t testing.TB, dir string) *natsbus.Server {
	t.Helper()
	server, err := natsbus.StartEmbedded(t.Context(), natsbus.Embedded{Dir: dir})
	if err != nil {
		t.Fatalf("start embedded server: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("stop embedded server: %v", err)
		}
	})
	return server
}

// Connect connects to a server, with retries so quick that a test can wait for
// the last one: 20, 40 and 80 ms.
func Connect(t testing.TB, access natsbus.Access, options ...func(*natsbus.Config)) *natsbus.Bus {
	t.Helper()
	config := natsbus.Config{
		Access: access, Name: t.Name(), AckWait: time.Second,
		Backoff: []time.Duration{20 * time.Millisecond, 40 * time.Millisecond, 80 * time.Millisecond},
	}
	for _, option := range options {
		option(&config)
	}
	bus, err := natsbus.Connect(t.Context(), config)
	if err != nil {
		t.Fatalf("connect to %s: %v", access, err)
	}
	t.Cleanup(func() {
		if err := bus.Close(); err != nil {
			t.Errorf("close bus: %v", err)
		}
	})
	return bus
}
