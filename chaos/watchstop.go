package chaos

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// The pauses of the watch of the stop: before it is begun again, and between two
// attempts to reach what was not reached, doubled up to the last.
const (
	stopPause     = 50 * time.Millisecond
	lastStopPause = 5 * time.Second
)

// watchStop follows the stop, as it was at the start too, until ctx ends: an
// engaged one is published again and every open fault asked to end, in case that
// whoever pulled it ended in between. It returns once it has read the stop. A
// watch that breaks later is begun again.
func (e *engine) watchStop(ctx context.Context, workers *sync.WaitGroup) error {
	ready, ended, changed := make(chan struct{}), make(chan error, 1), make(chan events.StopState)
	workers.Go(func() { e.obeyStops(ctx, changed) })
	workers.Go(func() {
		first := sync.OnceFunc(func() { close(ready) })
		for {
			err := e.passStops(ctx, changed, first)
			e.warn(ctx, "watch for stops", err)
			select {
			case <-ready:
			default: // it never stood
				ended <- err
				return
			}
			if !events.Wait(ctx, stopPause) {
				return
			}
		}
	})
	select {
	case <-ready:
		return nil
	case err := <-ended:
		return errors.Join(err, ctx.Err())
	}
}

// passStops hands on each state of the stop until ctx ends or the watch breaks.
func (e *engine) passStops(ctx context.Context, changed chan<- events.StopState, caughtUp func()) error {
	return e.stops.Watch(ctx, func(c events.Change[events.StopState]) bool {
		select {
		case changed <- c.Row:
			return true
		case <-ctx.Done():
			return false
		}
	}, caughtUp)
}

// obeyStops acts on each state of the stop that is shown, and goes on trying until
// an engaged one has reached every open fault and was published. Who holds a fault
// here ends it by himself; the others are asked a moment later.
func (e *engine) obeyStops(ctx context.Context, changed <-chan events.StopState) {
	var left []func(context.Context) error
	var again <-chan time.Time
	pause := stopPause
	for {
		select {
		case <-ctx.Done():
			return
		case state := <-changed:
			e.metrics.stop(state.Engaged)
			e.halt.show(state)
			left, pause = e.tasksOf(state), stopPause
			again = time.After(holdersFirst)
			continue
		case <-again:
		}
		left, again = e.tryAll(ctx, left), nil
		if len(left) > 0 {
			again = time.After(pause)
			pause = min(2*pause, lastStopPause)
		}
	}
}

// tasksOf are what a state of the stop asks of every server.
func (e *engine) tasksOf(state events.StopState) []func(context.Context) error {
	if !state.Engaged {
		return nil
	}
	return []func(context.Context) error{
		func(ctx context.Context) error { _, err := e.endAll(ctx, state.Reason); return err },
		func(ctx context.Context) error { return e.publishStop(ctx, state) },
	}
}

// tryAll does what it can and returns what is left.
func (e *engine) tryAll(ctx context.Context, tasks []func(context.Context) error) (left []func(context.Context) error) {
	for _, do := range tasks {
		if err := do(ctx); err != nil {
			e.warn(ctx, "carry out the emergency stop", err)
			left = append(left, do)
		}
	}
	return left
}

// warn logs that a task failed which nobody waits for, unless we are ending anyway.
func (e *engine) warn(ctx context.Context, task string, err error) {
	if err != nil && ctx.Err() == nil {
		e.deps.Log.ErrorContext(ctx, "task failed", "service", group, "task", task, "error", err)
	}
}
