package envs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/events"
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
	Owner   string
	Cluster Cluster
	// Templates are the environments that a CI build may ask for, by name.
	Templates map[string]Document
	Config    Config
}

// Service makes environments of requests.
type Service struct {
	Deps
	metrics metrics
	ready   chan struct{}
	kicks   chan string
}

// New checks the dependencies and makes a service that Run starts.
func New(d Deps) (*Service, error) {
	if d.Bus == nil || d.Caller == nil || d.Store == nil || d.Log == nil || d.Cluster == nil || d.Owner == "" ||
		d.Stamp.Now == nil || d.Stamp.NewID == nil {
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
	return &Service{Deps: d, metrics: m, ready: make(chan struct{}), kicks: make(chan string)}, nil
}

// Ready is closed when the service hears every request.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Run works until ctx ends, and returns when no goroutine of the service is left.
// Work that is not done by then goes on at the next start, here or in another
// server. It returns an error when it cannot start, and nil otherwise.
func (s *Service) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	rows, err := events.OpenTable[request](ctx, s.Store, events.Bucket{Name: bucket})
	if err != nil {
		return fmt.Errorf("start envs: %w", err)
	}
	subscribed, err := s.subscribe(ctx, rows)
	defer func() {
		stop()
		for _, one := range subscribed {
			one.Wait()
		}
	}()
	if err != nil {
		return err
	}
	close(s.ready)
	s.dispatch(ctx, rows)
	return nil
}

// worker is the goroutine that works on one name.
type worker struct {
	// cancel ends the present attempt.
	cancel context.CancelCauseFunc
	// again asks for another round when this one ends.
	again bool
}

type ended struct {
	name  string
	again bool
}

// dispatch starts one worker for each name that has work, until ctx ends and all
// of them have.
func (s *Service) dispatch(ctx context.Context, rows events.Table[request]) {
	workers, over := map[string]*worker{}, make(chan ended)
	slots := make(chan struct{}, s.Config.Parallel)
	start := func(name string) {
		if workers[name] != nil || ctx.Err() != nil {
			return
		}
		attempt, cancel := context.WithCancelCause(ctx)
		workers[name] = &worker{cancel: cancel}
		go func() {
			defer cancel(nil)
			again := s.pursue(attempt, rows, slots, name)
			over <- ended{name, again}
		}()
	}
	scan := time.NewTicker(s.Config.Lease)
	defer scan.Stop()
	s.scan(ctx, rows, start)
	for ctx.Err() == nil || len(workers) > 0 {
		select {
		case <-doneUnlessWaiting(ctx, len(workers)):
		case name := <-s.kicks:
			if w := workers[name]; w != nil {
				w.again = true
				w.cancel(errSuperseded)
			}
			start(name)
		case <-scan.C:
			s.scan(ctx, rows, start)
		case e := <-over:
			again := workers[e.name].again || e.again
			delete(workers, e.name)
			if again {
				start(e.name)
			}
		}
	}
}

// doneUnlessWaiting is ctx's end while that is still news: once only the end of
// the workers is waited for, it must not spin.
func doneUnlessWaiting(ctx context.Context, workers int) <-chan struct{} {
	if ctx.Err() != nil && workers > 0 {
		return nil
	}
	return ctx.Done()
}

// scan starts the work that nobody does: after a crash of this server, or when
// the lease of another has lapsed. It forgets what was done long ago.
func (s *Service) scan(ctx context.Context, rows events.Table[request], start func(name string)) {
	all, err := rows.List(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.Log.Warn("requests could not be read", "error", err)
		}
		return
	}
	now := s.Stamp.Now()
	for _, row := range all {
		switch {
		case !row.done() && row.Lease.Free(s.Owner, now):
			start(row.Name)
		case row.done() && now.Sub(row.Done) > s.Config.Remember:
			if err := rows.Delete(ctx, events.Key(row.Name)); err != nil {
				s.Log.Warn("an old request could not be forgotten", "env", row.Name, "error", err)
			}
		}
	}
}

// kick tells the dispatcher that there is a new request for the name.
func (s *Service) kick(ctx context.Context, name string) {
	select {
	case s.kicks <- name:
	case <-ctx.Done():
	}
}
