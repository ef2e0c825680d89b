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
	done    sync.WaitGroup
}

// clockSlack is how much earlier than the run's beginning the bus is read from: the
// clock of the bus may differ from ours. Facts are told apart by run and fault.
const clockSlack = 5 * time.Second

// listen begins sampling and watching, until ctx ends. Facts told since the run began
// are told again, so a run that was taken over misses none.
func (s *Service) listen(ctx context.Context, st *state) *inlet {
	in := &inlet{samples: make(chan batch), facts: make(chan events.Envelope)}
	spec, namespace, since := st.rec.Experiment.Spec, st.rec.Environment.Namespace, st.row.Began.Add(-clockSlack)
	in.done.Go(func() { s.sampler(ctx, spec.Hypothesis, namespace, spec.Interval, in.samples) })
	in.done.Go(func() { s.watch(ctx, since, in.facts) })
	return in
}

func (in *inlet) close(stop context.CancelFunc) {
	stop()
	in.done.Wait()
}

// watch hands over facts until ctx ends. A watch that breaks is begun again from the
// start: folding is idempotent.
func (s *Service) watch(ctx context.Context, since time.Time, out chan<- events.Envelope) {
	for ctx.Err() == nil {
		err := s.deps.Bus.Watch(ctx, events.Filter{Types: factTypes(), Since: since}, func(e events.Envelope) bool {
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
		pause(ctx, s.cfg.Poll)
	}
}

// pause waits for the time given or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
