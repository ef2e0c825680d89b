package natsbus

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/shakedown-dev/shakedown/events"
)

// Bus is a connection to a NATS server. It implements events.Bus, events.Caller
// and events.Store; all methods may be called at the same time.
type Bus struct {
	config Config
	nc     *nats.Conn
	js     jetstream.JetStream
	closed chan struct{}
	once   sync.Once
	// lost is closed when the connection ended for good and not by Close; reason is set
	// before.
	lost   chan struct{}
	reason error
	// work is every goroutine that was started for a subscription.
	work    sync.WaitGroup
	mu      sync.Mutex
	links   links
	denials denials
}

var (
	_ events.Bus    = (*Bus)(nil)
	_ events.Caller = (*Bus)(nil)
	_ events.Store  = (*Bus)(nil)
)

// Config says how to connect, and the bounds of what runs above.
type Config struct {
	Access
	// Name shows the operator of the server who is connected.
	Name string
	// Log gets lost connections, retries and dead letters; nil discards it.
	Log *slog.Logger
	// Metrics are called for each event; nil functions are left out.
	Metrics Metrics
	// Backoff is how long to wait after the first, second ... failed attempt. The
	// attempt after the last wait is the last one. Empty means DefaultBackoff.
	Backoff []time.Duration
	// AckWait is how soon an event is delivered again when the process that had it
	// is gone; 0 means 10 s. It must be the same in all members of a group.
	AckWait time.Duration
	// CallTimeout bounds a call whose context has no deadline; 0 means 10 s.
	CallTimeout time.Duration
	// Visit says that streams are used as they are. Otherwise they are made when they are
	// missing, and mended.
	Visit bool
}

// DefaultBackoff gives an event nine attempts in about half an hour.
func DefaultBackoff() []time.Duration {
	return []time.Duration{
		time.Second, 2 * time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second,
		2 * time.Minute, 5 * time.Minute, 20 * time.Minute,
	}
}

func (c Config) withDefaults() Config {
	c.Log = orDiscard(c.Log)
	c.Metrics = c.Metrics.withDefaults()
	c.AckWait = orDefault(c.AckWait, 10*time.Second)
	c.CallTimeout = orDefault(c.CallTimeout, 10*time.Second)
	if len(c.Backoff) == 0 {
		c.Backoff = DefaultBackoff()
	}
	return c
}

func orDefault[T time.Duration | int64](v, byDefault T) T {
	if v == 0 {
		return byDefault
	}
	return v
}

// closeTimeout bounds Close.
const closeTimeout = 10 * time.Second

// Close ends every subscription and the connection. Handlers that run are
// cancelled and waited for, for 10 s. It may be called again.
func (b *Bus) Close() error {
	var err error
	b.once.Do(func() { err = b.shut() })
	return err
}

func (b *Bus) shut() error {
	b.mu.Lock()
	close(b.closed)
	b.mu.Unlock()
	defer b.nc.Close()
	done := make(chan struct{})
	go func() { defer close(done); b.work.Wait() }()
	select {
	case <-done:
	case <-time.After(closeTimeout):
		return fmt.Errorf("close bus: handlers still run after %s", closeTimeout)
	}
	if err := b.nc.FlushTimeout(time.Second); err != nil && b.nc.IsConnected() {
		return fmt.Errorf("close bus: flush acknowledgements: %w", err)
	}
	return nil
}

// errClosed is what a closed bus answers.
var errClosed = events.Errorf(events.KindUnavailable, "", "the bus is closed")

// begin derives a context that ends with ctx or the bus, and counts one unit of
// work that Close waits for; end must be called when it is done.
func (b *Bus) begin(ctx context.Context) (_ context.Context, end func(), err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-b.closed:
		return nil, nil, errClosed
	default:
	}
	ctx, cancel := context.WithCancel(ctx)
	b.work.Go(func() {
		select {
		case <-ctx.Done():
		case <-b.closed:
			cancel()
		}
	})
	b.work.Add(1)
	return ctx, sync.OnceFunc(func() { cancel(); b.work.Done() }), nil
}
