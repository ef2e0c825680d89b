package datamove

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/events"
)

// bucket keeps the copies that were asked for by event.
const bucket = "datamove-requests"

// tidyTime bounds what is done after the end of the service was asked for.
const tidyTime = 5 * time.Second

// request is a copy that was asked for by event.
type request struct {
	Start events.CopyStart `json:"start"`
	Asked events.Meta      `json:"asked"`
	// Attempts is how often it was taken up.
	Attempts int          `json:"attempts,omitempty"`
	Done     time.Time    `json:"done,omitzero"`
	Lease    events.Lease `json:"lease,omitzero"`
}

// Deps are what the service stands on. Registerer may be nil; nothing else may.
type Deps struct {
	Bus        events.Bus
	Store      events.Store
	Stamp      events.Stamp
	Log        *slog.Logger
	Registerer prometheus.Registerer
	// Owner is the id of this server, the same after a restart: the state of a copy
	// is in its folder, so a copy that another server began is begun anew there.
	Owner  string
	Copier *Copier
	// Documents are the DataCopy documents that environments may be seeded by.
	Documents func() []Document
	Config    Config
}

// Service runs the copies that events ask for.
type Service struct {
	Deps
	metrics metrics
	ready   chan struct{}
	kicks   chan struct{}
	// active are the runs that a worker of this process is on: the lease, which is
	// the server's, does not keep two workers apart.
	mu     sync.Mutex
	active map[string]bool
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
	d.Stamp.Source = group
	d.Log = d.Log.With("service", group)
	return &Service{Deps: d, metrics: m, ready: make(chan struct{}), kicks: make(chan struct{}, 1), active: map[string]bool{}}, nil
}

// Ready is closed when the service hears every request.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Run works until ctx ends, and returns when no goroutine of the service is left.
// A copy that is cut off goes on at the next start.
func (s *Service) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	rows, err := events.OpenTable[request](ctx, s.Store, events.Bucket{Name: bucket})
	if err != nil {
		return fmt.Errorf("start datamove: %w", err)
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
	s.work(ctx, rows)
	return nil
}

// work lets Parallel workers look for requests until ctx ends.
func (s *Service) work(ctx context.Context, rows events.Table[request]) {
	var workers sync.WaitGroup
	for range s.Config.Parallel {
		workers.Go(func() {
			tick := time.NewTicker(s.Config.Lease / 3)
			defer tick.Stop()
			for {
				for s.next(ctx, rows) {
				}
				select {
				case <-ctx.Done():
					return
				case <-s.kicks:
				case <-tick.C:
				}
			}
		})
	}
	workers.Wait()
}

// next takes one request that nobody works on, if there is one.
func (s *Service) next(ctx context.Context, rows events.Table[request]) bool {
	all, err := rows.List(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.Log.Warn("copies that were asked for could not be read", "error", err)
		}
		return false
	}
	for _, row := range all {
		id := row.Start.ID
		switch {
		case !row.Done.IsZero():
			s.forget(ctx, rows, row)
		case row.Lease.Free(s.Owner, s.Stamp.Now()) && s.claim(id):
			worked := s.pursue(ctx, rows, id)
			s.unclaim(id)
			if worked {
				return ctx.Err() == nil
			}
		}
	}
	return false
}

func (s *Service) claim(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active[id] {
		return false
	}
	s.active[id] = true
	return true
}

func (s *Service) unclaim(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.active, id)
}

func (s *Service) forget(ctx context.Context, rows events.Table[request], row request) {
	if s.Stamp.Now().Sub(row.Done) < s.Config.Remember {
		return
	}
	if err := rows.Delete(ctx, events.Key(row.Start.ID)); err != nil {
		s.Log.Warn("an old copy could not be forgotten", "run", row.Start.ID, "error", err)
	}
}
