package natsbustest

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events/natsbus"
)

// JetStream is a connection of its own, past the bus: for what the bus never does, and
// for a look at what it has stored.
func JetStream(t testing.TB, access natsbus.Access, options ...jetstream.JetStreamOpt) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(access.URL, nats.Token(access.Token), nats.UserInfo(access.User, access.Password))
	if err != nil {
		t.Fatalf("connect to %s: %v", access, err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc, options...)
	if err != nil {
		t.Fatalf("open JetStream: %v", err)
	}
	return js
}
