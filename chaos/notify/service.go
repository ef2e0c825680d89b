package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// queueName is that of the queue and of its bucket.
const queueName = "notify_messages"

// Deps are what the service stands on. Registerer and Checkpoint may be nil; nothing else
// may.
type Deps struct {
	Bus        events.Bus
	Store      events.Store
	Stamp      events.Stamp
	Log        *slog.Logger
	Registerer prometheus.Registerer
	// Owner is the id of this server, the same after a restart.
	Owner string
	// Env looks up a variable of the environment.
	Env func(string) string
	// Documents are those in the files of this server.
	Documents []Document
	Config    Config
	// Checkpoint is called between any two effects, with the name of the step, so that
	// tests can end the process there.
	Checkpoint func(step string)
}

// Service sends messages.
type Service struct {
	deps    Deps
	metrics metrics
	targets map[string]target
	client  *http.Client
	ready   chan struct{}
}

// New checks the dependencies and makes a service that Run starts. Errors: *events.Error of
// KindInvalid for a variable that is not set.
func New(d Deps) (*Service, error) {
	if d.Bus == nil || d.Store == nil || d.Log == nil || d.Owner == "" || d.Env == nil || d.Stamp.Now == nil {
		return nil, errors.New("start notify: a dependency is missing")
	}
	if err := d.Config.Validate(); err != nil {
		return nil, fmt.Errorf("start notify: %w", err)
	}
	m, err := newMetrics(d.Registerer)
	if err != nil {
		return nil, err
	}
	if d.Checkpoint == nil {
		d.Checkpoint = func(string) {}
	}
	d.Log = d.Log.With("service", "notify")
	s := &Service{deps: d, metrics: m, targets: map[string]target{}, client: newClient(d.Config), ready: make(chan struct{})}
	for _, doc := range d.Documents {
		one, err := newTarget(doc, d.Env)
		if err != nil {
			return nil, err
		}
		s.targets[one.name()] = one
	}
	return s, nil
}

// Ready is closed when events are taken.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Run works until ctx ends, and returns when no goroutine of the service is left.
func (s *Service) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer s.client.CloseIdleConnections()
	q, err := work.Open(ctx, work.Deps{
		Store: s.deps.Store, Bus: s.deps.Bus, Owner: s.deps.Owner, Now: s.deps.Stamp.Now, Log: s.deps.Log,
	}, s.queueConfig())
	if err != nil {
		return fmt.Errorf("start notify: %w", err)
	}
	subscribed, err := events.BeginAll(ctx, s.begins(q))
	defer subscribed.Wait()
	defer stop()
	if err != nil {
		return fmt.Errorf("start notify: %w", err)
	}
	close(s.ready)
	q.Run(ctx, s.deliver)
	return nil
}

func (s *Service) queueConfig() work.Config[delivery] {
	c := work.DefaultConfig[delivery](queueName)
	c.Lease, c.Parallel, c.Pause, c.MaxPause = s.deps.Config.Lease, s.deps.Config.Parallel, s.deps.Config.Pause, s.deps.Config.MaxPause
	c.MaxAge, c.Keep = s.deps.Config.GiveUp, max(c.Keep, 4*s.deps.Config.GiveUp)
	c.Turns, c.Checkpoint = s.turns, s.deps.Checkpoint
	return c
}

// turns are the rows whose notifier this server has, and those that are too late for anybody.
func (s *Service) turns(open []work.Row[delivery], now time.Time) (ids []string, again time.Time) {
	for _, r := range open {
		late := r.Asked.Time.Add(s.deps.Config.GiveUp)
		if _, ours := s.targets[r.Body.Notifier]; ours || !now.Before(late) {
			ids = append(ids, r.ID)
		} else if again.IsZero() || late.Before(again) {
			again = late
		}
	}
	return ids, again
}
