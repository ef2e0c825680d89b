package datamove

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// Deps are what the service stands on. Registerer may be nil; nothing else may.
type Deps struct {
	Bus        events.Bus
	Store      events.Store
	Stamp      events.Stamp
	Log        *slog.Logger
	Registerer prometheus.Registerer
	// Owner is the id of this server in leases. The state of a copy is in the folder of
	// the Copier, whose identity says where a copy can be resumed.
	Owner  string
	Copier *Copier
	// Documents are the DataCopy documents that environments may be seeded by.
	Documents func() []Document
	Config    Config
}

// Service runs the copies that events ask for.
type Service struct {
	deps    Deps
	metrics metrics
	ready   chan struct{}
	// folder is the identity of the folder that has the state of copies.
	folder string
}

// New checks the dependencies and makes a service that Run starts.
func New(d Deps) (*Service, error) {
	if d.Bus == nil || d.Store == nil || d.Log == nil || d.Copier == nil || d.Documents == nil || d.Owner == "" ||
		d.Stamp.Now == nil || d.Stamp.NewID == nil {
		return nil, errors.New("start datamove: a dependency is missing")
	}
	if err := d.Config.Validate(); err != nil {
		return nil, fmt.Errorf("start datamove: %w", err)
	}
	m, err := newMetrics(d.Registerer)
	if err != nil {
		return nil, err
	}
	folder, err := d.Copier.identity()
	if err != nil {
		return nil, fmt.Errorf("start datamove: %w", err)
	}
	d.Stamp.Source = group
	d.Log = d.Log.With("service", group)
	return &Service{deps: d, metrics: m, ready: make(chan struct{}), folder: folder}, nil
}

// Ready is closed when the service hears every request.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Run works until ctx ends, and returns when no goroutine of the service is left.
// A copy that is interrupted goes on at the next start.
func (s *Service) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	requests, err := s.open(ctx)
	if err != nil {
		return fmt.Errorf("start datamove: %w", err)
	}
	subscribed, err := events.BeginAll(ctx, s.begins(requests))
	defer subscribed.Wait()
	defer stop()
	if err != nil {
		return err
	}
	close(s.ready)
	requests.Run(ctx, s.handle)
	return nil
}

// open opens the queue of requests.
func (s *Service) open(ctx context.Context) (*queue, error) {
	d := s.deps
	c := work.DefaultConfig[request](queueName)
	c.Lease, c.Parallel = d.Config.Lease, d.Config.Parallel
	c.MaxAge, c.Keep = d.Config.MaxAge, d.Config.Remember
	c.Turns = turns(s.folder, d.Config.Return)
	c.Load = func(_, working int) { s.metrics.working.Set(float64(working)) }
	return work.Open(ctx, work.Deps{Store: d.Store, Bus: d.Bus, Owner: d.Owner, Now: d.Stamp.Now, Log: d.Log}, c)
}
