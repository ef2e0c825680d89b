package natsbustest

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events/natsbus"
)

const (
	// stream is the one of all events.
	stream = "SHAKEDOWN"
	// patience bounds a wait: only a failure takes that long.
	patience = 2 * time.Minute
)

// OpenBeside is Open with a connection past the bus.
func OpenBeside(t testing.TB) (*natsbus.Bus, jetstream.JetStream) {
	t.Helper()
	access := Start(t, t.TempDir()).Access()
	return Connect(t, access), JetStream(t, access)
}

// LoseConsumers deletes the consumers of all groups, with what they know of the events
// that were handled, and returns when the groups have made them again and have worked on
// all that is stored.
func LoseConsumers(t testing.TB, js jetstream.JetStream) {
	t.Helper()
	events, err := js.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	groups := durables(t, events)
	for _, name := range groups {
		if err := events.DeleteConsumer(t.Context(), name); err != nil {
			t.Fatalf("delete consumer %s: %v", name, err)
		}
	}
	for _, name := range groups {
		awaitDone(t, events, name)
	}
}

// durables are the consumers of groups; those who only watch have others.
func durables(t testing.TB, events jetstream.Stream) []string {
	t.Helper()
	var found []string
	all := events.ListConsumers(t.Context())
	for info := range all.Info() {
		if info.Config.Durable != "" {
			found = append(found, info.Name)
		}
	}
	if all.Err() != nil || len(found) == 0 {
		t.Fatalf("consumers %v: %v", found, all.Err())
	}
	return found
}

// awaitDone waits until the consumer is there and has nothing left to deliver.
func awaitDone(t testing.TB, events jetstream.Stream, name string) {
	t.Helper()
	deadline, poll := time.NewTimer(patience), time.NewTicker(10*time.Millisecond)
	defer deadline.Stop()
	defer poll.Stop()
	for {
		consumer, err := events.Consumer(t.Context(), name)
		if err == nil && isDone(consumer.CachedInfo()) {
			return
		}
		select {
		case <-poll.C:
		case <-deadline.C:
			t.Fatalf("consumer %s is not done: %v", name, err)
		}
	}
}

func isDone(info *jetstream.ConsumerInfo) bool {
	return info.NumPending == 0 && info.NumAckPending == 0
}
