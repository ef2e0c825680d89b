package monkey

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// Deps are what the service stands on. Registerer and Checkpoint may be nil; nothing else
// may.
type Deps struct {
	Bus        events.Bus
	Caller     events.Caller
	Store      events.Store
	Stamp      events.Stamp
	Log        *slog.Logger
	Registerer prometheus.Registerer
	// Owner is the id of this server, the same after a restart.
	Owner string
	// Now is the clock by which things start. Ticks is one that nobody changes, to know when
	// somebody has changed the other.
	Now       func() time.Time
	Ticks     func() time.Duration
	Calendars Calendars
	// Experiments are those in the files of this server.
	Experiments []Experiment
	// Checks are what documents leave to the kinds of faults of this version.
	Checks spec.Checks
	Config Config
	// Checkpoint is called between any two effects, with the name of the step, so that
	// tests can end the process there.
	Checkpoint func(step string)
}

// Service keeps schedules, and starts what they plan.
type Service struct {
	deps    Deps
	metrics metrics
	store   *store
	ready   chan struct{}
	// wake has a value when somebody has changed a schedule here.
	wake chan struct{}

	mu sync.Mutex
	// problems say why the plans of a schedule cannot be made, in this server.
	problems map[string]string
}

// New checks the dependencies and makes a service that Run starts.
func New(d Deps) (*Service, error) {
	if d.Bus == nil || d.Caller == nil || d.Store == nil || d.Log == nil || d.Owner == "" || d.Now == nil || d.Ticks == nil || d.Calendars == nil ||
		d.Stamp.Now == nil || d.Stamp.NewID == nil {
		return nil, errors.New("start monkey: a dependency is missing")
	}
	if err := d.Config.Validate(); err != nil {
		return nil, fmt.Errorf("start monkey: %w", err)
	}
	m, err := newMetrics(d.Registerer)
	if err != nil {
		return nil, err
	}
	if d.Checkpoint == nil {
		d.Checkpoint = func(string) {}
	}
	d.Stamp.Source = "monkey"
	d.Log = d.Log.With("service", "monkey")
	return &Service{deps: d, metrics: m, ready: make(chan struct{}), wake: make(chan struct{}, 1), problems: map[string]string{}}, nil
}

// Ready is closed when calls are answered and what is stored was read.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// now is the time, without the reading of a clock that nobody changes.
func (s *Service) now() time.Time { return s.deps.Now().Round(0) }

// Run works until ctx ends, and returns when no goroutine of the service is left. Every
// server answers; one of them has the duty to plan and to start.
func (s *Service) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	var err error
	if s.store, err = s.openStore(ctx); err != nil {
		return fmt.Errorf("start monkey: %w", err)
	}
	leader, err := work.OpenLeader(ctx, work.Deps{
		Store: s.deps.Store, Bus: s.deps.Bus, Owner: s.deps.Owner, Now: s.deps.Stamp.Now, Log: s.deps.Log,
	}, duty, s.deps.Config.Lease)
	if err != nil {
		return fmt.Errorf("start monkey: %w", err)
	}
	s.store.follow(ctx, &running)
	if !s.store.whole(ctx) {
		return nil
	}
	subscribed, err := events.BeginAll(ctx, s.begins())
	defer subscribed.Wait()
	defer stop()
	if err != nil {
		return fmt.Errorf("start monkey: %w", err)
	}
	close(s.ready)
	leader.Run(ctx, s.lead)
	return nil
}

// lead looks at what is due again and again, while this server has the duty.
func (s *Service) lead(ctx context.Context, term work.Term) error {
	l := &lookout{failed: map[string]time.Time{}}
	tick := time.NewTicker(s.deps.Config.Tick)
	defer tick.Stop()
	for {
		s.look(ctx, term, l)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		case <-s.wake:
		}
	}
}

// problem notes why no plan of the schedule can be made, "" when one can.
func (s *Service) problem(schedule, why string) (changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed = s.problems[schedule] != why
	if why == "" {
		delete(s.problems, schedule)
		return changed
	}
	s.problems[schedule] = why
	return changed
}

func (s *Service) problemOf(schedule string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.problems[schedule]
}
