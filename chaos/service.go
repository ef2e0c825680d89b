package chaos

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Service injects faults, watches the recovery and keeps the ledger.
type Service struct {
	Deps
	faults  map[string]Fault
	metrics *metrics
	ready   chan struct{}
}

// New makes the service. It touches nothing before Run.
func New(d Deps) (*Service, error) {
	d = d.withDefaults()
	m, err := newMetrics(d.Registerer)
	if err != nil {
		return nil, fmt.Errorf("register metrics of chaos: %w", err)
	}
	s := &Service{Deps: d, faults: make(map[string]Fault), metrics: m, ready: make(chan struct{})}
	for _, f := range append([]Fault{PodKill{Cluster: d.Cluster}}, d.Faults...) {
		s.faults[f.Describe().Name] = f
	}
	return s, nil
}

// Ready closes when all subscriptions are in place and what a former life left
// open is being ended.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Faults lists the faults that every server has, for people.
func Faults() []Description { return []Description{PodKill{}.Describe()} }

// Catalogue lists the faults that this service offers, by name.
func (s *Service) Catalogue() []Description {
	all := make([]Description, 0, len(s.faults))
	for _, f := range s.faults {
		all = append(all, f.Describe())
	}
	slices.SortFunc(all, func(a, b Description) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Run works until ctx ends. Then it ends the faults that are open here, closes
// their entries, and returns when all its goroutines are gone. It is called
// once.
func (s *Service) Run(ctx context.Context) error {
	d, err := s.newDesk(ctx)
	if err != nil {
		return err
	}
	group, stop := context.WithCancel(ctx)
	defer stop()
	var workers sync.WaitGroup
	workers.Go(func() { d.dispatch(group) })
	waits, err := d.listen(group, &workers)
	if err == nil {
		d.supervise(group)
		close(s.ready)
		d.supervising(group)
	}
	stop()
	for _, sub := range waits {
		sub.Wait()
	}
	workers.Wait()
	return err
}

// desk is the service at work: what exists only while Run does.
type desk struct {
	*Service
	ledger *ledger
	stops  events.Table[events.StopState]
	jobs   chan *run
	mu     sync.Mutex
	// running are the faults that this process works on.
	running map[string]*run
	pruned  time.Time
}

func (s *Service) newDesk(ctx context.Context) (*desk, error) {
	l, err := openLedger(ctx, s.Store)
	if err != nil {
		return nil, err
	}
	stops, err := events.OpenTable[events.StopState](ctx, s.Store, events.Bucket{Name: stopBucket})
	if err != nil {
		return nil, err
	}
	return &desk{Service: s, ledger: l, stops: stops, jobs: make(chan *run), running: make(map[string]*run)}, nil
}

// dispatch gives each job a goroutine until ctx ends, and waits for them.
func (d *desk) dispatch(ctx context.Context) {
	var jobs sync.WaitGroup
	defer jobs.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-d.jobs:
			jobs.Go(func() {
				defer d.release(r)
				r.work(ctx)
			})
		}
	}
}

// claim makes the fault ours within this process; nil when it is being worked on.
func (d *desk) claim(fault string) *run {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, busy := d.running[fault]; busy {
		return nil
	}
	r := newRun(d)
	d.running[fault] = r
	r.fault = fault
	return r
}

func (d *desk) release(r *run) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.running, r.fault)
}

// hand gives a claimed run to the dispatcher.
func (d *desk) hand(ctx context.Context, r *run) error {
	select {
	case d.jobs <- r:
		return nil
	case <-ctx.Done():
		d.release(r)
		return ctx.Err()
	}
}

// nudge lets the runs of this process look at their entries again.
func (d *desk) nudge() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.running {
		select {
		case r.nudged <- struct{}{}:
		default:
		}
	}
}

func (d *desk) now() time.Time { return d.Stamp.Now() }
