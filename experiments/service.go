package experiments

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// group is the name under which all servers share the work. It names durable
// consumers and must not change.
const group = "experiments"

// Service runs experiments. Any number of servers may run it at the same time: each
// run belongs to one of them, by a lease.
type Service struct {
	deps    Deps
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	ready   chan struct{}
	nudge   chan struct{}
	tables  tables

	mu      sync.Mutex
	running map[string]bool
}

// New makes the service. Errors: a configuration that cannot work, metrics that are
// registered already.
func New(d Deps) (*Service, error) {
	if err := d.Config.Validate(); err != nil {
		return nil, err
	}
	if d.Owner == "" {
		return nil, errors.New("experiments: the owner of leases has no name")
	}
	m, err := newMetrics(d.Registerer)
	if err != nil {
		return nil, err
	}
	return &Service{
		deps: d, cfg: d.Config, log: d.Log.With("service", "experiments"), metrics: m,
		ready: make(chan struct{}), nudge: make(chan struct{}, 1), running: map[string]bool{},
	}, nil
}

// Ready is closed once all subscriptions are in place.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Run works until ctx ends and all of its goroutines are gone. It is called once.
func (s *Service) Run(ctx context.Context) error {
	var err error
	if s.tables, err = openTables(ctx, s.deps.Store); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	subs, err := s.subscribe(ctx)
	defer func() {
		cancel()
		for _, sub := range subs {
			sub.Wait()
		}
	}()
	if err != nil {
		return err
	}
	close(s.ready)
	s.supervise(ctx)
	return nil
}

// supervise gives each run that nobody works on its turn, until ctx ends.
func (s *Service) supervise(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	tick := time.NewTicker(s.cfg.Poll)
	defer tick.Stop()
	for {
		if err := s.scan(ctx, &wg); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "runs could not be listed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.nudge:
		}
	}
}

func (s *Service) scan(ctx context.Context, wg *sync.WaitGroup) error {
	rows, err := s.tables.active.List(ctx)
	if err != nil {
		return err
	}
	now := s.deps.Now()
	for _, row := range turns(rows, s.deps.Owner, now, s.cfg.QueueTimeout) {
		if !s.claim(row.Run) {
			continue
		}
		wg.Go(func() {
			defer s.release(row.Run)
			if err := s.takeUp(ctx, row.Run); err != nil && ctx.Err() == nil && !errors.Is(err, errLost) {
				s.log.WarnContext(ctx, "run given up for now", "run", row.Run, "error", err)
			}
		})
	}
	return nil
}

// turns are the runs that owner may take: those under way whose lease is free, and the
// first of each place where none is under way. A run that waited too long is taken, too,
// to be told so.
func turns(rows []Row, owner string, now time.Time, timeout time.Duration) []Row {
	slices.SortFunc(rows, func(a, b Row) int {
		if a.before(b) {
			return -1
		}
		return 1
	})
	busy := map[string]bool{}
	for _, r := range rows {
		if r.Phase != record.PhaseCreated {
			busy[r.place()] = true
		}
	}
	var out []Row
	for _, r := range rows {
		waiting := r.Phase == record.PhaseCreated
		turn := !waiting || !busy[r.place()] || now.Sub(r.Queued) > timeout
		busy[r.place()] = true
		if turn && r.Lease.Free(owner, now) {
			out = append(out, r)
		}
	}
	return out
}

func (s *Service) takeUp(ctx context.Context, run string) error {
	row, err := s.tables.take(ctx, run, s.deps.Owner, s.deps.Now(), s.cfg.LeaseTTL)
	if errors.Is(err, events.ErrNotFound) || errors.Is(err, errLost) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("take run %s: %w", run, err)
	}
	s.metrics.running.Inc()
	defer s.metrics.running.Dec()
	return s.work(ctx, row)
}

// claim says whether the run is free within this process.
func (s *Service) claim(run string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[run] {
		return false
	}
	s.running[run] = true
	return true
}

func (s *Service) release(run string) {
	s.mu.Lock()
	delete(s.running, run)
	s.mu.Unlock()
	s.wake()
}

// wake lets the supervisor look at once.
func (s *Service) wake() {
	select {
	case s.nudge <- struct{}{}:
	default:
	}
}

func (s *Service) checkpoint(step string) {
	if s.deps.Checkpoint != nil {
		s.deps.Checkpoint(step)
	}
}

// Checkpoints are the steps of a run at which Deps.Checkpoint is called, in the order
// in which a run with one fault comes by; "reverting" is for runs that are cut short.
func Checkpoints() []string {
	out := []string{"run stored", "run taken"}
	for _, phase := range []string{record.PhaseBaseline, record.PhaseInjecting, record.PhaseObserving, record.PhaseRecovering, record.PhaseReverting, record.PhaseJudging} {
		out = append(out, phase+" stored", phase+" entered")
	}
	return append(out, "verdict stored", "verdict told", "run settled")
}
