package chaos

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// Service injects faults, watches the recovery and keeps the ledger.
type Service struct {
	deps    Deps
	kinds   map[string]Kind
	metrics *metrics
	ready   chan struct{}
}

// New makes the service. It touches nothing before Run.
func New(d Deps) (*Service, error) {
	if d.Installation == "" {
		return nil, errors.New("start chaos: no installation is named, so no environment would be ours")
	}
	d = d.withDefaults()
	m, err := newMetrics(d.Registerer)
	if err != nil {
		return nil, fmt.Errorf("register metrics of chaos: %w", err)
	}
	kinds, err := byName(d.Kinds)
	if err != nil {
		return nil, err
	}
	return &Service{deps: d, kinds: kinds, metrics: m, ready: make(chan struct{})}, nil
}

// Ready closes when all subscriptions are in place.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Run works until ctx ends. Then it ends the faults that are open here, closes
// their entries, and returns when all its goroutines are gone. It is called
// once.
func (s *Service) Run(ctx context.Context) error {
	e, err := s.open(ctx)
	if err != nil {
		return err
	}
	group, stop := context.WithCancel(ctx)
	defer stop()
	var workers sync.WaitGroup
	workers.Go(func() { e.past.Run(group) })
	if !s.deps.Config.ReadOnly {
		workers.Go(func() { e.takeOverFormer(group) })
	}
	subscribed, err := events.BeginAll(group, e.begins())
	if err == nil {
		err = e.watchStop(group, &workers)
	}
	if err == nil {
		close(s.ready)
		e.serve(group)
	}
	stop()
	subscribed.Wait()
	workers.Wait()
	return err
}

// serve works on faults until ctx ends, unless it only answers.
func (e *engine) serve(ctx context.Context) {
	if e.deps.Config.ReadOnly {
		<-ctx.Done()
		return
	}
	e.ledger.Run(ctx, e.work)
}

// engine is the service at work: what exists only while Run does.
type engine struct {
	deps    Deps
	kinds   map[string]Kind
	metrics *metrics
	// ledger are the open faults, past those that are closed.
	ledger *work.Queue[Entry]
	past   *work.Mirror[Summary]
	stops  events.Table[events.StopState]
	// arms are the protected environments that let faults in for a time.
	arms events.Table[events.Arm]
	halt *halt
}

func (s *Service) open(ctx context.Context) (*engine, error) {
	d := s.deps
	ledger, err := work.Open(ctx, work.Deps{Store: d.Store, Bus: d.Bus, Owner: d.Owner, Now: d.Stamp.Now, Log: d.Log}, s.ledger())
	if err != nil {
		return nil, err
	}
	stops, err := events.OpenTable[events.StopState](ctx, d.Store, events.Bucket{Name: stopBucket})
	if err != nil {
		return nil, err
	}
	arms, err := events.OpenTable[events.Arm](ctx, d.Store, events.Bucket{Name: armBucket, TTL: d.Config.Keep})
	if err != nil {
		return nil, err
	}
	return &engine{
		deps: d, kinds: s.kinds, metrics: s.metrics, ledger: ledger, stops: stops, arms: arms, halt: newHalt(),
		past: work.MirrorPast(ledger, summaryOf).KeepLast(maxListed, bySummary),
	}, nil
}

// ledger says how the queue of open faults works.
func (s *Service) ledger() work.Config[Entry] {
	c := work.DefaultConfig[Entry](LedgerName)
	c.Lease, c.Keep, c.Parallel, c.Checkpoint = s.deps.Config.Lease, s.deps.Config.Keep, parallel, s.deps.Checkpoint
	c.Summary = func(r work.Row[Entry]) any { return r.Body.Summary(r.Ended) }
	c.Load = func(open, _ int) { s.metrics.open.Set(float64(open)) }
	return c
}

func (e *engine) now() time.Time { return e.deps.Stamp.Now() }
