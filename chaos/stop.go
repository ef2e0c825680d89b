package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

const (
	stopBucket = "chaos_stop"
	stopKey    = "stop"
	// stopPoll is how often a stop checks whether the faults of other replicas are
	// closed.
	stopPoll = 25 * time.Millisecond
)

// stopState reads the emergency stop; one that was never pulled is released.
func (e *engine) stopState(ctx context.Context) (events.StopState, error) {
	state, _, err := e.stops.Get(ctx, stopKey)
	if errors.Is(err, events.ErrNotFound) {
		return events.StopState{}, nil
	}
	if err != nil {
		return events.StopState{}, fmt.Errorf("read the emergency stop: %w", err)
	}
	return state, nil
}

// onStop pulls the emergency stop. It is written before the open faults are
// listed, and a fault reads it after its entry is written: so each fault is
// either found here or refused there.
func (e *engine) onStop(ctx context.Context, req events.StopRequest) (events.StopState, error) {
	if req.Reason == "" {
		return events.StopState{}, events.Errorf(events.KindInvalid, `shakedown chaos stop --reason "..."`, "an emergency stop needs a reason")
	}
	before, _ := e.openFaults(ctx) // for the answer only: they are ended as soon as the stop is written
	state, err := e.setStop(ctx, func(s *events.StopState) bool {
		if s.Engaged {
			return false
		}
		*s = events.StopState{Engaged: true, Reason: req.Reason, By: req.By, Since: e.now()}
		return true
	})
	if err != nil {
		return state, err
	}
	e.deps.Checkpoint("stop-written")
	e.deps.Log.WarnContext(ctx, "emergency stop engaged", "service", group, "reason", state.Reason, "by", state.By)
	if err := e.publishStop(ctx, state); err != nil {
		return state, err
	}
	e.deps.Checkpoint("stop-said")
	return e.awaitEnd(ctx, state, before)
}

// onResume releases the emergency stop.
func (e *engine) onResume(ctx context.Context, req events.StopRequest) (events.StopState, error) {
	var was events.StopState
	state, err := e.setStop(ctx, func(s *events.StopState) bool {
		was = *s
		*s = events.StopState{By: req.By, Since: e.now()}
		return was.Engaged
	})
	if err != nil || !was.Engaged {
		return events.StopState{}, err
	}
	e.deps.Log.WarnContext(ctx, "emergency stop released", "service", group, "by", req.By)
	released := events.StopReleased{By: req.By, At: state.Since}
	return state, events.StopReleasedTopic.Publish(ctx, e.deps.Bus, e.deps.Stamp.About("", "released "+stamp(state.Since)), released)
}

// onStopState answers how the stop stands and which faults are open.
func (e *engine) onStopState(ctx context.Context, _ events.Nothing) (events.StopState, error) {
	state, err := e.stopState(ctx)
	if err != nil {
		return state, err
	}
	e.metrics.stop(state.Engaged)
	open, problem, err := e.readable(ctx)
	state.Open, state.Problem = names(open), problem
	return state, err
}

// setStop changes the row when change says so, and returns it as it is then.
func (e *engine) setStop(ctx context.Context, change func(*events.StopState) bool) (events.StopState, error) {
	err := e.stops.Create(ctx, stopKey, events.StopState{})
	if err != nil && !errors.Is(err, events.ErrExists) {
		return events.StopState{}, fmt.Errorf("write the emergency stop: %w", err)
	}
	var kept events.StopState
	state, err := e.stops.Modify(ctx, stopKey, func(s *events.StopState) error {
		kept = *s
		if !change(s) {
			return errUnchanged
		}
		return nil
	})
	if errors.Is(err, errUnchanged) {
		state, err = kept, nil
	}
	if err != nil {
		return events.StopState{}, fmt.Errorf("write the emergency stop: %w", err)
	}
	e.metrics.stop(state.Engaged)
	return state, nil
}

func (e *engine) publishStop(ctx context.Context, s events.StopState) error {
	engaged := events.StopEngaged{Reason: s.Reason, By: s.By, At: s.Since}
	return events.StopEngagedTopic.Publish(ctx, e.deps.Bus, e.deps.Stamp.About("", "engaged "+stamp(s.Since)), engaged)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// watchStop follows the stop, as it was at the start too, until ctx ends: an
// engaged one is published again and every open fault asked to end, in case that
// whoever pulled it ended in between. It returns once it has read the stop.
func (e *engine) watchStop(ctx context.Context, workers *sync.WaitGroup) error {
	ready, ended, changed := make(chan struct{}), make(chan error, 1), make(chan events.StopState)
	workers.Go(func() { e.heedStops(ctx, changed) })
	workers.Go(func() {
		err := e.stops.Watch(ctx, func(c events.Change[events.StopState]) bool {
			select {
			case changed <- c.Row:
				return true
			case <-ctx.Done():
				return false
			}
		}, func() { close(ready) })
		e.warn(ctx, "watch for stops", err)
		ended <- err
	})
	select {
	case <-ready:
		return nil
	case err := <-ended:
		return errors.Join(err, ctx.Err())
	}
}

// heedStops acts on each state of the stop that is shown.
func (e *engine) heedStops(ctx context.Context, changed <-chan events.StopState) {
	for {
		select {
		case <-ctx.Done():
			return
		case state := <-changed:
			e.metrics.stop(state.Engaged)
			if !state.Engaged {
				continue
			}
			_, err := e.endAll(ctx, state.Reason)
			e.warn(ctx, "end all faults", errors.Join(err, e.publishStop(ctx, state)))
		}
	}
}

// warn logs that a task failed which nobody waits for, unless we are ending anyway.
func (e *engine) warn(ctx context.Context, task string, err error) {
	if err != nil && ctx.Err() == nil {
		e.deps.Log.ErrorContext(ctx, "task failed", "service", group, "task", task, "error", err)
	}
}

// endAll asks every open fault to end and returns them. One that cannot be asked
// keeps none of the others from it.
func (e *engine) endAll(ctx context.Context, reason string) ([]Entry, error) {
	open, err := e.openFaults(ctx)
	errs := []error{err}
	for _, entry := range open {
		if err := e.askEnd(ctx, entry.Fault, stopReason(reason)); !errors.Is(err, events.ErrNotFound) {
			errs = append(errs, err)
		}
	}
	return open, errors.Join(errs...)
}

func stopReason(reason string) string { return "emergency stop: " + reason }

// awaitEnd ends all faults and waits, within bounds, until they are closed. Those
// that were open before the stop are named in the answer.
func (e *engine) awaitEnd(ctx context.Context, state events.StopState, before []Entry) (events.StopState, error) {
	began, err := e.endAll(ctx, state.Reason)
	if err != nil && !errors.Is(err, work.ErrUnreadable) {
		return state, err
	}
	began = append(began, before...)
	wait, cancel := context.WithTimeout(ctx, e.deps.Config.StopWait)
	defer cancel()
	poll := time.NewTicker(stopPoll)
	defer poll.Stop()
	for {
		open, problem, err := e.readable(context.WithoutCancel(ctx))
		if err != nil {
			return state, err
		}
		state.Open, state.Problem = names(open), problem
		state.Reverted = closedOf(began, open)
		if len(open) == 0 {
			return state, nil
		}
		select {
		case <-wait.Done():
			return state, nil
		case <-poll.C:
		}
	}
}

func names(entries []Entry) []string {
	var all []string
	for _, e := range entries {
		all = append(all, e.Fault)
	}
	return all
}

// closedOf lists the faults that were open before and are not now.
func closedOf(before, now []Entry) []string {
	closed := slices.DeleteFunc(names(before), func(fault string) bool {
		return slices.ContainsFunc(now, func(e Entry) bool { return e.Fault == fault })
	})
	slices.Sort(closed)
	return slices.Compact(closed)
}
