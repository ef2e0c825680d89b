package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

const (
	stopBucket = "chaos_stop"
	stopKey    = "stop"
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

// checkStop reads the stop right before an injection. Errors: *Refusal when it is
// engaged, one of Untouched when that cannot be read.
func (e *engine) checkStop(ctx context.Context) error {
	state, err := e.stopState(ctx)
	if err != nil {
		return Untouched(err)
	}
	return stopped(state)
}

// onStop pulls the emergency stop. It is written before the open faults are
// listed, and a fault reads it after its entry is written: so each fault is
// either found here or refused there. What could not be done is tried again, here
// while the answer waits, and in every server by who watches the stop.
func (e *engine) onStop(ctx context.Context, req events.StopRequest) (events.StopState, error) {
	if req.Reason == "" {
		return events.StopState{}, events.Errorf(events.KindInvalid, `shakedown chaos stop --reason "..."`, "an emergency stop needs a reason")
	}
	before, known := e.openBefore(ctx)
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
	e.halt.show(state) // the watch shows it, too, and may be late
	e.deps.Log.WarnContext(ctx, "emergency stop engaged", "service", group, "reason", state.Reason, "by", state.By)
	// Who watches the stop goes on trying.
	e.warn(ctx, "publish the emergency stop", e.publishStop(ctx, state))
	e.deps.Checkpoint("stop-published")
	return e.answerStop(ctx, state, before, known)
}

// answerStop waits for the end of the open faults. Where those of before could not be read
// in time, the ended ones are looked up.
func (e *engine) answerStop(ctx context.Context, state events.StopState, before []Entry, known bool) (events.StopState, error) {
	state, err := e.awaitEnd(ctx, state, before)
	if err != nil || known {
		return state, err
	}
	ended, err := e.endedBy(context.WithoutCancel(ctx), state)
	e.warn(ctx, "list the faults that a stop has ended", err)
	state.Reverted = slices.Compact(slices.Sorted(slices.Values(append(state.Reverted, ended...))))
	return state, nil
}

// onResume releases the emergency stop. Asked again it publishes the release again, in
// case that this has failed.
func (e *engine) onResume(ctx context.Context, req events.StopRequest) (events.StopState, error) {
	state, err := e.setStop(ctx, func(s *events.StopState) bool {
		if !s.Engaged {
			return false
		}
		*s = events.StopState{By: req.By, Since: e.now()}
		return true
	})
	if err != nil || state.Since.IsZero() {
		return events.StopState{}, err
	}
	e.deps.Log.WarnContext(ctx, "emergency stop released", "service", group, "by", state.By)
	released := events.StopReleased{By: state.By, At: state.Since}
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
