package natsbus_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// relay answers for the API of JetStream below a prefix of its own, but loses the first
// request that begins with what lose holds, as a server does that is killed.
func relay(t *testing.T, access natsbus.Access, prefix string, lose *atomic.Value) {
	t.Helper()
	nc, err := nats.Connect(access.URL, nats.Token(access.Token))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	_, err = nc.Subscribe(prefix+".>", func(m *nats.Msg) {
		asked := strings.TrimPrefix(m.Subject, prefix+".")
		if lost, _ := lose.Load().(string); lost != "" && strings.HasPrefix(asked, lost) {
			lose.Store("")
			return
		}
		_ = nc.PublishMsg(&nats.Msg{Subject: "$JS.API." + asked, Reply: m.Reply, Header: m.Header, Data: m.Data})
	})
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestWatchAsksAgain: an answer that never comes does not hold up a watch for as long as its
// context allows.
func TestWatchAsksAgain(t *testing.T) {
	t.Parallel()
	for _, lost := range []string{"STREAM.INFO.", "CONSUMER.CREATE."} {
		t.Run(lost, func(t *testing.T) {
			t.Parallel()
			access := natsbustest.Start(t, t.TempDir()).Access()
			var lose atomic.Value
			relay(t, access, "relay.api", &lose)
			access.API = "relay.api"
			bus := natsbustest.Connect(t, access)
			if err := events.StopEngagedTopic.Publish(t.Context(), bus, stamp().First("all"), events.StopEngaged{}); err != nil {
				t.Fatal(err)
			}
			lose.Store(lost)
			seen := 0
			filter := events.Filter{Since: time.Now().Add(-time.Hour), UntilCaughtUp: true}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := bus.Watch(ctx, filter, func(events.Envelope) bool { seen++; return true }); err != nil || seen != 1 {
				t.Errorf("%d events, %v", seen, err)
			}
		})
	}
}
