package datamove

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// teller publishes the progress of one copy, off the way of the work: the newest
// of each unit, every so often.
type teller struct {
	start   events.CopyStart
	publish func(events.CopyProgressed)
	stop    chan struct{}
	wg      sync.WaitGroup

	mu      sync.Mutex
	step    string
	pending map[string]events.CopyProgressed
}

func (s *Service) newTeller(ctx context.Context, req request) *teller {
	t := &teller{start: req.Start, stop: make(chan struct{}), pending: map[string]events.CopyProgressed{}}
	t.publish = func(p events.CopyProgressed) {
		part := fmt.Sprint("progress/", req.Attempts, "/", p.Step, "/", p.Unit, "/", p.Done)
		if err := events.CopyProgressedTopic.Publish(ctx, s.Bus, s.Stamp.After(req.Asked, part), p); err != nil {
			s.Log.Debug("progress could not be told", "run", req.Start.ID, "error", err)
		}
	}
	t.wg.Go(func() { t.run(s.Config.ProgressEvery) })
	return t
}

// Step begins a step.
func (t *teller) Step(name string) {
	t.mu.Lock()
	t.step = name
	t.mu.Unlock()
	t.Count("", 0, 0, 0)
}

// Count says how far a unit is.
func (t *teller) Count(unit string, done, total, _ int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pending[t.step+"/"+unit] = events.CopyProgressed{
		ID: t.start.ID, Environment: t.start.Environment, Step: t.step, Unit: unit, Done: done, Total: total,
	}
}

func (t *teller) run(every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-t.stop:
			t.flush()
			return
		case <-tick.C:
			t.flush()
		}
	}
}

func (t *teller) flush() {
	t.mu.Lock()
	pending := t.pending
	t.pending = map[string]events.CopyProgressed{}
	t.mu.Unlock()
	for _, p := range pending {
		t.publish(p)
	}
}

// close publishes what is pending and ends the teller.
func (t *teller) close() {
	close(t.stop)
	t.wg.Wait()
}
