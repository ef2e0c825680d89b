package envs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

func asError(err error) (*events.Error, bool) { return errors.AsType[*events.Error](err) }

// teller publishes the progress of one request, off the way of the work: every
// step once, and of the counts within a step the newest every so often.
type teller struct {
	name    string
	publish func(events.EnvironmentProgressed)
	news    chan struct{}
	stop    chan struct{}
	wg      sync.WaitGroup

	mu      sync.Mutex
	pending []events.EnvironmentProgressed
}

func (s *Service) newTeller(ctx context.Context, req request) *teller {
	t := &teller{name: req.Name, news: make(chan struct{}, 1), stop: make(chan struct{})}
	t.publish = func(p events.EnvironmentProgressed) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyTime)
		defer cancel()
		s.tell(ctx, req, p)
	}
	t.wg.Go(func() { t.run(s.Config.ProgressEvery) })
	return t
}

// tell publishes one piece of progress. It is not worth another try.
func (s *Service) tell(ctx context.Context, req request, p events.EnvironmentProgressed) {
	part := fmt.Sprint("progress/", p.Step, "/", p.Message, "/", strconv.Itoa(p.Done), "/", strconv.Itoa(p.Total))
	if err := events.EnvironmentProgressedTopic.Publish(ctx, s.Bus, s.Stamp.After(req.Asked, part), p); err != nil {
		s.Log.Debug("progress could not be told", "env", req.Name, "error", err)
	}
}

// step begins a step.
func (t *teller) step(step, message string) { t.count(step, message, 0, 0) }

// count says how far a step has come.
func (t *teller) count(step, message string, done, total int) {
	p := events.EnvironmentProgressed{Name: t.name, Step: step, Message: message, Done: done, Total: total}
	t.mu.Lock()
	if n := len(t.pending); n > 0 && t.pending[n-1].Step == step {
		t.pending[n-1] = p
	} else {
		t.pending = append(t.pending, p)
	}
	t.mu.Unlock()
	select {
	case t.news <- struct{}{}:
	default:
	}
}

func (t *teller) run(every time.Duration) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-t.stop:
			t.flush()
			return
		case <-t.news:
		}
		t.flush()
		pause.Reset(every)
		select {
		case <-t.stop:
		case <-pause.C:
		}
	}
}

func (t *teller) flush() {
	t.mu.Lock()
	pending := t.pending
	t.pending = nil
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
