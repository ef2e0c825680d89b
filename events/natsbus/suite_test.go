package natsbus_test

import (
	"context"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// attempts is one more than the waits of natsbustest.
const attempts = 4

func TestConformanceEmbedded(t *testing.T) {
	t.Parallel()
	eventstest.Suite(t, func(t *testing.T) eventstest.Rig {
		dir := t.TempDir()
		server := natsbustest.Start(t, dir)
		rig := rig(t, server.Access())
		rig.Restart = func() {
			if err := server.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
			server = natsbustest.Start(t, dir)
		}
		return rig
	})
}

func TestConformanceExternal(t *testing.T) {
	t.Parallel()
	eventstest.Suite(t, func(t *testing.T) eventstest.Rig {
		opts := natsbustest.Options(t)
		opts.Username, opts.Password, opts.MaxPayload = "shakedown", "hunter2", natsbus.MaxPayload
		external := natsbustest.Serve(t, opts)
		rig := rig(t, natsbus.Access{URL: external.ClientURL(), User: "shakedown", Password: "hunter2"})
		rig.Restart = func() {
			natsbustest.Shut(external)
			opts.Port = portOf(t, external.ClientURL())
			external = natsbustest.Serve(t, opts)
		}
		return rig
	})
}

func portOf(t *testing.T, address string) int {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func rig(t *testing.T, access natsbus.Access) eventstest.Rig {
	t.Helper()
	bus := natsbustest.Connect(t, access)
	return eventstest.Rig{
		Bus: bus, Caller: bus, Store: bus, Member: natsbustest.Connect(t, access), Dead: dead{bus}, Attempts: attempts,
		Patient: func() (one, other events.Bus, ackWait time.Duration) {
			patient := func(c *natsbus.Config) { c.AckWait = 4 * time.Second }
			return natsbustest.Connect(t, access, patient), natsbustest.Connect(t, access, patient), 4 * time.Second
		},
		Raw: func(_ context.Context, subject string, body []byte) error {
			nc, err := nats.Connect(access.URL, nats.Token(access.Token), nats.UserInfo(access.User, access.Password))
			if err != nil {
				return err
			}
			defer nc.Close()
			if err := nc.Publish(subject, body); err != nil {
				return err
			}
			return nc.Flush()
		},
		Stored: func(bucket string) uint64 {
			stream, err := natsbustest.JetStream(t, access).Stream(t.Context(), "SHAKEDOWN_OBJECTS_"+bucket)
			if err != nil {
				t.Fatal(err)
			}
			return stream.CachedInfo().State.Msgs
		},
	}
}

// dead shows the suite the dead letters of a bus.
type dead struct{ bus *natsbus.Bus }

func (d dead) List(ctx context.Context) ([]eventstest.DeadLetter, error) {
	list, err := d.bus.DeadLetters(ctx)
	var out []eventstest.DeadLetter
	for _, l := range list {
		out = append(out, eventstest.DeadLetter{ID: l.ID, Group: l.Group, EventID: l.EventID, Reason: l.Reason, Attempts: l.Attempts, Body: l.Body})
	}
	return out, err
}

func (d dead) Replay(ctx context.Context, id string) error { return d.bus.Replay(ctx, id) }
func (d dead) Drop(ctx context.Context, id string) error   { return d.bus.Drop(ctx, id) }
