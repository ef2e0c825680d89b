package provisioner_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// cramped is a store without room for one bucket.
type cramped struct {
	*natsbus.Bus
	bucket string
}

func (c cramped) KV(ctx context.Context, want events.Bucket) (events.KV, error) {
	if want.Name == c.bucket {
		return nil, events.Errorf(events.KindUnavailable, "let it store more", "open bucket %s: there is no room", want.Name)
	}
	return c.Bus.KV(ctx, want)
}

// TestAServerThatCannotServeIsNotReady: a server that has the duty and cannot take requests
// says why, as every other service does, and is never ready.
func TestAServerThatCannotServeIsNotReady(t *testing.T) {
	for _, bucket := range []string{"provisioner_requests", "provisioner_begun"} {
		t.Run(bucket, func(t *testing.T) {
			s := crampedService(t, bucket)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			done := make(chan error, 1)
			go func() { done <- s.Run(ctx) }()
			select {
			case <-s.Ready():
				cancel()
				t.Fatalf("it says that it is ready; it ended with %v", <-done)
			case err := <-done:
				if err == nil || !strings.Contains(err.Error(), "there is no room") {
					t.Errorf("it ended with %v, want the reason", err)
				}
			}
		})
	}
}

// crampedService is a service without room for one bucket.
func crampedService(t *testing.T, bucket string) *provisioner.Service {
	t.Helper()
	bus, log := natsbustest.Open(t), slog.New(slog.DiscardHandler)
	config := provisioner.DefaultConfig()
	config.Lease = 3 * time.Second
	s, err := provisioner.New(provisioner.Deps{
		Bus: bus, Caller: bus, Store: cramped{bus, bucket}, Stamp: stamp(), Log: log, Owner: "a",
		Clusters: provisioner.NewClusters(nil, log), Config: config,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
