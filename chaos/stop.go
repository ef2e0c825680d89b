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
	// stopLook is how often a stop looks whether the faults of other replicas are
	// closed.
	stopLook = 25 * time.Millisecond
)

// stopState reads the emergency stop; one that was never pulled is released.
func (d *desk) stopState(ctx context.Context) (events.StopState, error) {
	state, _, err := d.stops.Get(ctx, stopKey)
	if errors.Is(err, events.ErrNotFound) {
		return events.StopState{}, nil
	}
	if err != nil {
		return events.StopState{}, fmt.Errorf("read the emergency stop: %w", err)
	}
	return state, nil
}

// onStop pulls the emergency stop. It is written before the open faults are
// looked for, and a fault reads it after its entry is written: so each fault is
// either found here or refused there.
func (d *desk) onStop(ctx context.Context, req events.StopRequest) (events.StopState, error) {
	if req.Reason == "" {
		return events.StopState{}, events.Errorf(events.KindInvalid, `shakedown chaos stop --reason "..."`, "an emergency stop needs a reason")
	}
	state, err := d.setStop(ctx, func(s *events.StopState) bool {
		if s.Engaged {
			return false
		}
		*s = events.StopState{Engaged: true, Reason: req.Reason, By: req.By, Since: d.now()}
		return true
	})
	if err != nil {
		return state, err
	}
	d.Checkpoint("stop-written")
	d.Log.WarnContext(ctx, "emergency stop engaged", "service", group, "reason", state.Reason, "by", state.By)
	if err := d.sayStop(ctx, state); err != nil {
		return state, err
	}
	d.Checkpoint("stop-said")
	return d.awaitEnd(ctx, state)
}

// onResume releases the emergency stop.
func (d *desk) onResume(ctx context.Context, req events.StopRequest) (events.StopState, error) {
	var was events.StopState
	state, err := d.setStop(ctx, func(s *events.StopState) bool {
		was = *s
		*s = events.StopState{By: req.By, Since: d.now()}
		return was.Engaged
	})
	if err != nil || !was.Engaged {
		return events.StopState{}, err
	}
	d.Log.WarnContext(ctx, "emergency stop released", "service", group, "by", req.By)
	released := events.StopReleased{By: req.By, At: state.Since}
	return state, events.StopReleasedTopic.Publish(ctx, d.Bus, d.Stamp.About("", "released "+stamp(state.Since)), released)
}

// onStopState tells how the stop stands and which faults are open.
func (d *desk) onStopState(ctx context.Context, _ events.Nothing) (events.StopState, error) {
	state, err := d.stopState(ctx)
	if err != nil {
		return state, err
	}
	d.metrics.stop(state.Engaged)
	open, err := d.openFaults(ctx)
	state.Open = names(open)
	return state, err
}

// setStop changes the row when change says so, and returns it as it is then.
func (d *desk) setStop(ctx context.Context, change func(*events.StopState) bool) (events.StopState, error) {
	err := d.stops.Create(ctx, stopKey, events.StopState{})
	if err != nil && !errors.Is(err, events.ErrExists) {
		return events.StopState{}, fmt.Errorf("write the emergency stop: %w", err)
	}
	var kept events.StopState
	state, err := d.stops.Modify(ctx, stopKey, func(s *events.StopState) error {
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
	d.metrics.stop(state.Engaged)
	return state, nil
}

var errUnchanged = errors.New("nothing to change")

func (d *desk) sayStop(ctx context.Context, s events.StopState) error {
	said := events.StopEngaged{Reason: s.Reason, By: s.By, At: s.Since}
	return events.StopEngagedTopic.Publish(ctx, d.Bus, d.Stamp.About("", "engaged "+stamp(s.Since)), said)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// repeatStop says an engaged stop again at the start, for the case that a former
// life ended between writing it and saying it.
func (d *desk) repeatStop(ctx context.Context) error {
	state, err := d.stopState(ctx)
	if err != nil {
		return err
	}
	d.metrics.stop(state.Engaged)
	if !state.Engaged {
		return nil
	}
	if err := d.sayStop(ctx, state); err != nil {
		return err
	}
	_, err = d.endAll(ctx, state.Reason)
	return err
}

// endAll asks every open fault to end and returns them.
func (d *desk) endAll(ctx context.Context, reason string) ([]Entry, error) {
	open, err := d.openFaults(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range open {
		if err := d.askEnd(ctx, e.Fault, stopReason(reason)); err != nil && !errors.Is(err, events.ErrNotFound) {
			return open, err
		}
	}
	return open, nil
}

func stopReason(reason string) string { return "emergency stop: " + reason }

func (d *desk) openFaults(ctx context.Context) ([]Entry, error) {
	entries, err := d.ledger.unfinished(ctx)
	if err != nil {
		return nil, err
	}
	return openOnly(entries), nil
}

// awaitEnd ends all faults and waits, within bounds, until they are closed.
func (d *desk) awaitEnd(ctx context.Context, state events.StopState) (events.StopState, error) {
	began, err := d.endAll(ctx, state.Reason)
	if err != nil {
		return state, err
	}
	wait, cancel := context.WithTimeout(ctx, d.Config.StopWait)
	defer cancel()
	look := time.NewTicker(stopLook)
	defer look.Stop()
	for {
		open, err := d.openFaults(context.WithoutCancel(ctx))
		if err != nil {
			return state, err
		}
		state.Open = names(open)
		state.Reverted = closedOf(began, open)
		if len(open) == 0 {
			return state, nil
		}
		select {
		case <-wait.Done():
			return state, nil
		case <-look.C:
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
	return slices.DeleteFunc(names(before), func(fault string) bool {
		return slices.ContainsFunc(now, func(e Entry) bool { return e.Fault == fault })
	})
}
