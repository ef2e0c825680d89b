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
	// stopPoll is how often a stop checks whether the faults of other replicas are
	// closed.
	stopPoll = 25 * time.Millisecond
	// glance bounds what is read before the stop is written, for the answer only.
	glance = 200 * time.Millisecond
	// askers is how many faults are asked to end at once, and askTime how long one of
	// them may take.
	askers  = 16
	askTime = 2 * time.Second
)

// openBefore are the faults that are open before the stop is written: they may be
// closed before anybody lists them after it.
func (e *engine) openBefore(ctx context.Context) []Entry {
	ctx, cancel := context.WithTimeout(ctx, glance)
	defer cancel()
	open, err := e.openFaults(ctx)
	e.warn(ctx, "list the open faults before a stop", err)
	return open
}

// endAll asks every open fault to end and returns those that are open. One that
// cannot be asked, or read, does not keep the others from it. Errors:
// work.ErrUnreadable among others.
func (e *engine) endAll(ctx context.Context, reason string) ([]Entry, error) {
	open, unread := e.openFaults(ctx)
	if unread != nil && !errors.Is(unread, work.ErrUnreadable) {
		return nil, unread
	}
	errs := make([]error, len(open))
	var asking sync.WaitGroup
	turns := make(chan struct{}, askers)
	for i, entry := range open {
		if entry.EndAsked != "" {
			continue
		}
		turns <- struct{}{}
		asking.Go(func() {
			defer func() { <-turns }()
			errs[i] = e.askStopped(ctx, entry.Fault, reason)
		})
	}
	asking.Wait()
	return open, errors.Join(append(errs, unread)...)
}

// askStopped asks one fault to end; one that is closed meanwhile has.
func (e *engine) askStopped(ctx context.Context, fault, reason string) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	if err := e.askEnd(ctx, fault, "emergency stop: "+reason); !errors.Is(err, events.ErrNotFound) {
		return err
	}
	return nil
}

// awaitEnd waits, within bounds, until all faults are closed, and goes on asking
// those that could not be asked. Those that were open are named in the answer.
func (e *engine) awaitEnd(ctx context.Context, state events.StopState, were []Entry) (events.StopState, error) {
	wait, cancel := context.WithTimeout(ctx, e.deps.Config.StopWait)
	defer cancel()
	for {
		open, err := e.endAll(context.WithoutCancel(ctx), state.Reason)
		listed := open != nil || err == nil
		if listed {
			state.Open, state.Reverted, state.Problem = names(open), closedOf(were, open), unreadable(err)
		}
		switch {
		case listed && len(open) == 0:
			return state, nil
		case events.Wait(wait, stopPoll):
		case !listed:
			return state, fmt.Errorf("the emergency stop is engaged, but the open faults cannot be listed: %w", err)
		default:
			e.warn(ctx, "end all faults", err)
			return state, nil
		}
	}
}

// unreadable is what an error says of faults that cannot be read.
func unreadable(err error) string {
	if errors.Is(err, work.ErrUnreadable) {
		return err.Error()
	}
	return ""
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
