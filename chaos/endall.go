package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

const (
	// stopPoll is how often a stop checks whether the faults of other replicas are
	// closed.
	stopPoll = 50 * time.Millisecond
	// holdersFirst is how long those who hold a fault have to end it by themselves
	// before anybody else asks for its end: two writers would be in each other's way.
	holdersFirst = 100 * time.Millisecond
	// briefly bounds what is read before the stop is written, for the answer only.
	briefly = 200 * time.Millisecond
	// askers is how many faults are asked to end at once, and askTime how long one of
	// them may take.
	askers  = 16
	askTime = 2 * time.Second
	// answerTime is what is left of the time of whoever pulls the stop, for the answer.
	answerTime = time.Second
)

// openBefore are the faults that are open before the stop is written: they may be
// closed before anybody lists them after it. It says whether they were read: the stop
// does not wait for that.
func (e *engine) openBefore(ctx context.Context) ([]Entry, bool) {
	ctx, cancel := context.WithTimeout(ctx, briefly)
	defer cancel()
	open, err := e.openFaults(ctx)
	e.warn(ctx, "list the open faults before a stop", err)
	return open, err == nil || errors.Is(err, work.ErrUnreadable)
}

// endedBy are the faults that a stop has ended, those on their way out included.
func (e *engine) endedBy(ctx context.Context, stop events.StopState) ([]string, error) {
	var all []Summary
	rows, err := e.ledger.Leaving(ctx)
	for _, r := range rows {
		all = append(all, r.Body.Summary(r.Ended))
	}
	pasts, pastErr := e.ledger.Pasts(ctx)
	for _, p := range pasts {
		if s, err := summaryOf(p); err == nil {
			all = append(all, s)
		}
	}
	var ended []string
	for _, s := range all {
		if !s.Closed.Before(stop.Since) && strings.Contains(s.Note, stopReason(stop.Reason)) {
			ended = append(ended, s.Fault)
		}
	}
	return ended, errors.Join(err, pastErr)
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
	events.Parallel(len(open), askers, func(i int) {
		if open[i].EndAsked == "" {
			errs[i] = e.askStopped(ctx, open[i].Fault, reason)
		}
	})
	return open, errors.Join(append(errs, unread)...)
}

// askStopped asks one fault to end; one that is closed meanwhile has.
func (e *engine) askStopped(ctx context.Context, fault, reason string) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	if err := e.askEnd(ctx, fault, stopReason(reason)); !errors.Is(err, events.ErrNotFound) {
		return err
	}
	return nil
}

// awaitEnd waits, within bounds, until all faults are closed, and goes on asking
// those that could not be asked. Those that were open are named in the answer.
func (e *engine) awaitEnd(ctx context.Context, state events.StopState, were []Entry) (events.StopState, error) {
	wait, cancel := e.stopWait(ctx)
	defer cancel()
	list, pause := e.openFaults, holdersFirst
	for {
		open, err := list(context.WithoutCancel(ctx))
		listed := open != nil || err == nil
		if listed {
			state.Open, state.Reverted, state.Problem = names(open), closedOf(were, open), unreadable(err)
			were = known(were, open)
		}
		switch {
		case listed && len(open) == 0:
			return state, nil
		case events.Wait(wait, pause):
			list, pause = func(ctx context.Context) ([]Entry, error) { return e.endAll(ctx, state.Reason) }, stopPoll
		case !listed:
			return state, fmt.Errorf("the emergency stop is engaged, but the open faults cannot be listed: %w", err)
		default:
			e.warn(ctx, "end all faults", err)
			return state, nil
		}
	}
}

// stopWait bounds how long a stop waits for open faults: an answer that comes when
// nobody waits for it any more would be none.
func (e *engine) stopWait(ctx context.Context) (context.Context, context.CancelFunc) {
	limit := e.deps.Config.StopWait
	deadline, bounded := ctx.Deadline()
	if !bounded {
		return context.WithTimeout(ctx, limit)
	}
	ctx, cancel := context.WithDeadline(ctx, deadline.Add(-answerTime))
	wait, stop := context.WithTimeout(ctx, limit)
	return wait, func() { stop(); cancel() }
}

// known are the entries of both, each once.
func known(were, open []Entry) []Entry {
	for _, e := range open {
		if !slices.ContainsFunc(were, func(w Entry) bool { return w.Fault == e.Fault }) {
			were = append(were, e)
		}
	}
	return were
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
