package envs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// Deps are what the service stands on. Registerer may be nil; nothing else may.
type Deps struct {
	Bus        events.Bus
	Caller     events.Caller
	Store      events.Store
	Stamp      events.Stamp
	Log        *slog.Logger
	Registerer prometheus.Registerer
	// Owner is the id of this server, the same after a restart.
	Owner string
	// Installation is the id of all servers and commands that share the store.
	Installation string
	Cluster      Cluster
	// Templates are the environments that a CI build may ask for, by name.
	Templates map[string]Document
	Config    Config
}

// Service makes environments of requests.
type Service struct {
	deps    Deps
	metrics metrics
	ready   chan struct{}
}

// New checks the dependencies and makes a service that Run starts.
func New(d Deps) (*Service, error) {
	if d.Bus == nil || d.Caller == nil || d.Store == nil || d.Log == nil || d.Cluster == nil ||
		d.Owner == "" || d.Installation == "" || d.Stamp.Now == nil || d.Stamp.NewID == nil {
		return nil, errors.New("start envs: a dependency is missing")
	}
	if err := d.Config.Validate(); err != nil {
		return nil, fmt.Errorf("start envs: %w", err)
	}
	m, err := newMetrics(d.Registerer)
	if err != nil {
		return nil, err
	}
	d.Stamp.Source = "envs"
	d.Log = d.Log.With("service", "envs")
	return &Service{deps: d, metrics: m, ready: make(chan struct{})}, nil
}

// Ready is closed when the service hears every request.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Run works until ctx ends, and returns when no goroutine of the service is left.
// Work that is not done by then goes on at the next start, here or in another
// server. It returns an error when it cannot start, and nil otherwise.
func (s *Service) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	requests, err := s.open(ctx)
	if err != nil {
		return fmt.Errorf("start envs: %w", err)
	}
	if s.deps.Config.ReadOnly {
		return s.answer(ctx, requests)
	}
	expiry, err := s.openExpiry(ctx)
	if err != nil {
		return fmt.Errorf("start envs: %w", err)
	}
	subscribed, err := events.BeginAll(ctx, slices.Concat(s.requests(requests), s.questions(requests)))
	defer subscribed.Wait()
	defer stop()
	if err != nil {
		return err
	}
	close(s.ready)
	var both sync.WaitGroup
	both.Go(func() { expiry.Run(ctx, s.watchExpiry(requests)) })
	requests.Run(ctx, s.handle)
	both.Wait()
	return nil
}

// answer answers questions until ctx ends, and works on nothing.
func (s *Service) answer(ctx context.Context, q *queue) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	subscribed, err := events.BeginAll(ctx, s.questions(q))
	if err != nil {
		stop()
	} else {
		close(s.ready)
	}
	subscribed.Wait()
	return err
}

// open opens the queue of requests.
func (s *Service) open(ctx context.Context) (*queue, error) {
	d := s.deps
	c := work.DefaultConfig[request](queueName)
	c.Latest, c.Lease, c.Parallel = true, d.Config.Lease, d.Config.Parallel
	c.Superseded = s.superseded
	c.Summary = func(r row) any {
		if r.Body.End == nil {
			return nil // and not a nil *end, which would be a summary
		}
		return r.Body.End
	}
	c.MaxAge, c.Keep, c.AsIs = d.Config.MaxAge, d.Config.Remember, d.Config.ReadOnly
	c.Load = func(_, working int) { s.metrics.working.Set(float64(working)) }
	return work.Open(ctx, work.Deps{Store: d.Store, Bus: d.Bus, Owner: d.Owner, Now: d.Stamp.Now, Log: d.Log}, c)
}
