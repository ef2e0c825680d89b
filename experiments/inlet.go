package experiments

import (
	"context"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// inlet is where a run hears of the world: samples of its probes and facts on the bus.
type inlet struct {
	samples chan batch
	facts   chan events.Envelope
	// ending is closed when the server stops, nil once that is known; changed receives a
	// value when somebody has changed the run's row.
	ending, changed <-chan struct{}
	done            sync.WaitGroup
}

// clockSlack is how much earlier than the run's beginning the bus is read from: the
// clock of the bus may differ from ours. Facts are kept apart by run and fault.
const clockSlack = 5 * time.Second

// backlog is how many batches wait while the run is busy storing its state: sampling
// goes on meanwhile.
const backlog = 256

// drain takes in the samples that are waiting, so that nothing is decided without them.
func (s *Service) drain(st *state, in *inlet) {
	for {
		select {
		case b := <-in.samples:
			st.add(b)
			s.metrics.count(b)
		default:
			return
		}
	}
}

// listen begins sampling and watching, until ctx ends. Facts since the run began
// are shown again, so a run that was taken over misses none.
func (s *Service) listen(ctx context.Context, st *state) *inlet {
	in := &inlet{samples: make(chan batch, backlog), facts: make(chan events.Envelope)}
	probes, interval, since := st.probes, st.rec.Experiment.Spec.Interval, st.row.Began.Add(-clockSlack)
	in.done.Go(func() { s.sampler(ctx, probes, interval, in.samples) })
	facts := events.Filter{Types: factTypes(), Correlation: st.row.Run, Since: since}
	in.done.Go(func() { s.watch(ctx, facts, in.facts) })
	stop := events.Filter{Types: []string{events.StopEngagedTopic.Type()}, Since: since}
	in.done.Go(func() { s.watch(ctx, stop, in.facts) })
	return in
}

func (in *inlet) close(stop context.CancelFunc) {
	stop()
	in.done.Wait()
}

// ends says, once, that the server stops.
func (in *inlet) ends() bool {
	select {
	case <-in.ending:
		in.ending = nil
		return true
	default:
		return false
	}
}

// watch hands over facts until ctx ends. A watch that breaks is begun again from the
// start: folding is idempotent.
func (s *Service) watch(ctx context.Context, filter events.Filter, out chan<- events.Envelope) {
	for ctx.Err() == nil {
		err := s.deps.Bus.Watch(ctx, filter, func(e events.Envelope) bool {
			select {
			case out <- e:
				return true
			case <-ctx.Done():
				return false
			}
		})
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "watch of facts broke", "error", err)
		}
		events.Wait(ctx, s.cfg.Poll)
	}
}
