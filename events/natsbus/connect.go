package natsbus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events"
)

const (
	connectTimeout = 5 * time.Second
	reconnectWait  = 100 * time.Millisecond
)

// Connect connects to the server and makes the streams on first use. A server
// that goes away later is waited for; one that does not let us in any more ends the
// connection, see Lost. Errors: *events.Error of KindUnavailable when there is no
// server or it does not let us in.
func Connect(ctx context.Context, c Config) (*Bus, error) {
	c = c.withDefaults()
	opts, err := c.options()
	if err != nil {
		return nil, err
	}
	b := &Bus{config: c, closed: make(chan struct{}), lost: make(chan struct{})}
	if err := c.checkURL(); err != nil {
		return nil, err
	}
	b.nc, err = nats.Connect(c.URL, append(opts, b.connectionOptions()...)...)
	if err != nil {
		return nil, events.Errorf(events.KindUnavailable, connectHint(err), "connect to nats at %s: %w", c.Access, err)
	}
	if err := b.setUp(ctx); err != nil {
		b.nc.Close()
		return nil, err
	}
	return b, nil
}

func connectHint(err error) string {
	if refusesLogin(err) {
		return "check the credentials for the NATS server, such as --nats-creds FILE"
	}
	return "start a server with: shakedown up"
}

// refusesLogin says that the server is there and does not let us in. nats.go has errors
// for that, but returns what the server said in other words when it connects again.
func refusesLogin(err error) bool {
	said := strings.ToLower(err.Error())
	return strings.Contains(said, "authorization") || strings.Contains(said, "authentication")
}

func (b *Bus) connectionOptions() []nats.Option {
	c := b.config
	return []nats.Option{
		nats.Name(c.Name),
		nats.Timeout(connectTimeout),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(reconnectWait, reconnectWait),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				c.Log.Warn("connection to nats lost", "url", c.Access, "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) {
			c.Log.Info("connection to nats is back", "url", c.Access)
			b.links.renewed()
		}),
		nats.ClosedHandler(b.ended),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			c.Log.Debug("nats client", "error", err)
			b.denied(err)
		}),
	}
}

func (b *Bus) setUp(ctx context.Context) error {
	js, err := jetstream.NewWithAPIPrefix(b.nc, b.config.api())
	if err != nil {
		return fmt.Errorf("set up jetstream: %w", err)
	}
	b.js = js
	for _, want := range streams() {
		if err := b.setUpStream(ctx, want); err != nil {
			if _, known := errors.AsType[*events.Error](err); known {
				return err
			}
			return events.Errorf(events.KindUnavailable, setUpHint(err), "set up stream %s on nats at %s: %w", want.Name, b.config.Access, err)
		}
	}
	return nil
}

// setUpStream asks once whether there is JetStream at all, which may be long in the making.
func (b *Bus) setUpStream(ctx context.Context, want jetstream.StreamConfig) error {
	asking, end := b.denials.during(ctx, b.config.api()+"STREAM.INFO."+want.Name)
	defer end()
	_, err := b.js.Stream(asking, want.Name)
	err = explained(asking, err)
	if b.config.Visit || err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err
	}
	return b.ensureStream(ctx, want)
}

func setUpHint(err error) string {
	switch {
	case isFull(err):
		return hintStore
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return "no server has run there yet; start one with: shakedown serve"
	}
	return "the server must run with JetStream (nats-server -js)"
}
