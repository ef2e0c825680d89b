package provisioner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// The duty and the buckets of the service.
const (
	duty        = "provisioner"
	queueName   = "provisioner_requests"
	begunBucket = "provisioner_begun"
)

// Deps are what the service stands on. Registerer and Checkpoint may be nil;
// nothing else may.
type Deps struct {
	Bus        events.Bus
	Caller     events.Caller
	Store      events.Store
	Stamp      events.Stamp
	Log        *slog.Logger
	Registerer prometheus.Registerer
	// Owner is the id of this server, the same after a restart.
	Owner string
	// Clusters are those of this machine.
	Clusters *Clusters
	// Documents are those in the files of this server.
	Documents []Document
	Config    Config
	// Checkpoint is called between any two effects, with the name of the step, so
	// that tests can end the process there.
	Checkpoint func(step string)
}

// Service makes clusters of requests.
type Service struct {
	deps     Deps
	metrics  metrics
	ready    chan struct{}
	announce func()
}

// New checks the dependencies and makes a service that Run starts.
func New(d Deps) (*Service, error) {
	if d.Bus == nil || d.Caller == nil || d.Store == nil || d.Log == nil || d.Clusters == nil || d.Owner == "" ||
		d.Stamp.Now == nil || d.Stamp.NewID == nil {
		return nil, errors.New("start the provisioner: a dependency is missing")
	}
	if err := d.Config.Validate(); err != nil {
		return nil, fmt.Errorf("start the provisioner: %w", err)
	}
	m, err := newMetrics(d.Registerer)
	if err != nil {
		return nil, err
	}
	if d.Checkpoint == nil {
		d.Checkpoint = func(string) {}
	}
	d.Stamp.Source = "provisioner"
	d.Log = d.Log.With("service", "provisioner")
	ready := make(chan struct{})
	return &Service{deps: d, metrics: m, ready: ready, announce: sync.OnceFunc(func() { close(ready) })}, nil
}

// Ready is closed when requests are taken: by this server, or by another one that has
// the duty.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Run works until ctx ends, and returns when no goroutine of the service is left.
// Only one server of an installation works at a time; another one waits for its
// end. It returns an error when it cannot start, and nil otherwise.
func (s *Service) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	leader, err := work.OpenLeader(ctx, s.queueDeps(), duty, s.deps.Config.Lease)
	if err != nil {
		return fmt.Errorf("start the provisioner: %w", err)
	}
	var waiting sync.WaitGroup
	waiting.Go(func() { s.standBy(ctx) })
	var failed error
	leader.Run(ctx, func(ctx context.Context, _ work.Term) error {
		err := s.serve(ctx)
		if err != nil && ctx.Err() == nil && !s.isReady() {
			failed = fmt.Errorf("start the provisioner: %w", err)
			stop()
		}
		return err
	})
	waiting.Wait()
	return failed
}

// isReady says whether this server, or another one that had the duty, has taken requests.
func (s *Service) isReady() bool {
	select {
	case <-s.ready:
		return true
	default:
		return false
	}
}

// standBy is ready when another server has the duty: a free one had been taken within
// the time after which the lease of a dead server lapses.
func (s *Service) standBy(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-s.ready:
	case <-time.After(2 * s.deps.Config.Lease):
		s.announce()
	}
}

func (s *Service) queueDeps() work.Deps {
	return work.Deps{Store: s.deps.Store, Bus: s.deps.Bus, Owner: s.deps.Owner, Now: s.deps.Stamp.Now, Log: s.deps.Log}
}

func (s *Service) queueConfig() work.Config[request] {
	c := work.DefaultConfig[request](queueName)
	c.Latest, c.Superseded = true, s.superseded
	c.Lease, c.Parallel = s.deps.Config.Lease, s.deps.Config.Parallel
	c.Load, c.Checkpoint = s.metrics.load, s.deps.Checkpoint
	return c
}

// serve takes requests and works on them until ctx ends.
func (s *Service) serve(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	q, err := work.Open(ctx, s.queueDeps(), s.queueConfig())
	if err != nil {
		stop()
		return err
	}
	begun, err := events.OpenTable[marker](ctx, s.deps.Store, events.Bucket{Name: begunBucket})
	if err != nil {
		stop()
		return err
	}
	subscribed, err := events.BeginAll(ctx, s.begins(q, begun))
	defer subscribed.Wait()
	defer stop()
	if err != nil {
		return err
	}
	s.announce()
	q.Run(ctx, func(ctx context.Context, c *work.Claim[request]) error {
		return s.handle(ctx, q, begun, c)
	})
	return nil
}
