package experiments

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// group is the name under which all servers share the work. It names durable
// consumers and must not change.
const group = "experiments"

// Service runs experiments. Any number of servers may run it at the same time: each
// run belongs to one of them.
type Service struct {
	deps    Deps
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	ready   chan struct{}
	// process is the id of a service that lives for one command, "" for others.
	process string

	queue   *work.Queue[Row]
	records records
	// finished are the runs that have ended, in memory; recent are those that it may not
	// have seen yet.
	finished *work.Mirror[events.RunSummary]
	recent   recent
	// pruner is nil in a service of one command.
	pruner *work.Leader
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
	s := &Service{
		deps: d, cfg: d.Config, log: d.Log.With("service", "experiments"), metrics: m, ready: make(chan struct{}),
	}
	if d.Config.OneShot {
		s.process = d.Stamp.NewID()
	}
	return s, nil
}

// Ready is closed once all subscriptions are in place.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Run works until ctx ends and all of its goroutines are gone. It is called once.
func (s *Service) Run(ctx context.Context) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	all.Go(func() { s.finished.Run(ctx) })
	select {
	case <-s.finished.Ready():
	case <-ctx.Done():
		return nil
	}
	subscribed, err := events.BeginAll(ctx, s.begins())
	all.Go(subscribed.Wait)
	if err != nil {
		return err
	}
	close(s.ready)
	if s.cfg.ReadOnly {
		<-ctx.Done()
		return nil
	}
	if s.pruner != nil {
		all.Go(func() { s.pruner.Run(ctx, s.prune) })
	}
	s.queue.Run(ctx, s.handle)
	return nil
}

// open opens the queue and the buckets.
func (s *Service) open(ctx context.Context) error {
	d := work.Deps{Store: s.deps.Store, Bus: s.deps.Bus, Owner: s.deps.Owner, Now: s.deps.Now, Log: s.log}
	var err error
	if s.queue, err = work.Open(ctx, d, s.queueConfig()); err != nil {
		return err
	}
	if s.records.objects, err = s.deps.Store.Objects(ctx, events.Bucket{Name: recordsName, TTL: s.cfg.Keep, AsIs: s.cfg.OneShot}); err != nil {
		return fmt.Errorf("open the records of runs: %w", err)
	}
	s.finished = work.MirrorPast(s.queue, s.mirrored)
	if s.cfg.OneShot {
		return nil
	}
	s.pruner, err = work.OpenLeader(ctx, d, "experiments_pruning", s.cfg.LeaseTTL)
	return err
}

func (s *Service) checkpoint(step string) {
	if s.deps.Checkpoint != nil {
		s.deps.Checkpoint(step)
	}
}

// Checkpoints are the steps of a run at which Deps.Checkpoint is called, in the order
// in which a run with one fault comes by; "reverting" is for runs that end early.
func Checkpoints() []string {
	out := []string{"run stored", "run taken"}
	for _, phase := range []string{
		record.PhaseBaseline, record.PhaseInjecting, record.PhaseObserving, record.PhaseRecovering,
		record.PhaseReverting, record.PhaseJudging,
	} {
		out = append(out, phase+" recorded", phase+" stored", phase+" entered")
	}
	return append(out, "verdict stored", "verdict published", "run settled")
}
