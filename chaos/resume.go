package chaos

import (
	"context"
	"errors"
	"fmt"

	"github.com/shakedown-dev/shakedown/events/work"
)

// resume goes on with a fault that another life injected, or was injecting. It
// never injects: it settles, publishes, watches for the rest of the time, closes.
// One whose end was asked for is reverted before anything else is tried.
func (e *engine) resume(ctx context.Context, c *claim) error {
	kind, ok := e.kinds[c.Row().Body.Request.Kind]
	if !ok {
		return fmt.Errorf("resume fault %s: this server has no fault %q", c.Row().Body.Fault, c.Row().Body.Request.Kind)
	}
	if c.Row().Body.EndAsked != "" {
		if _, err := e.revert(ctx, c, kind); err != nil {
			return err
		}
	}
	if c.Row().Body.State == StateInjecting {
		if err := e.settle(ctx, c, kind); err != nil {
			return err
		}
		if err := e.injectionFailed(ctx, c, interrupted(c.Row().Body)); err != nil {
			return err
		}
	}
	if err := c.Flush(ctx); err != nil {
		return err
	}
	e.deps.Checkpoint("resumed")
	if len(c.Row().Body.hit()) == 0 {
		return e.close(ctx, c, kind, nobodyHit(c.Row().Body))
	}
	f, end, err := e.followAgain(ctx, c, kind)
	switch {
	case err != nil:
		return err
	case f == nil:
		return e.close(ctx, c, kind, end)
	}
	defer f.Close()
	return e.recover(ctx, c, kind, f)
}

// interrupted says how far a broken injection had come.
func interrupted(e Entry) string {
	return fmt.Sprintf("the server ended while it injected the fault: %d of %d victims were hit, and the rest is left alone",
		len(e.hit()), len(e.Victims))
}

// followAgain begins to watch the victims, as long as the fault has time. Without a
// follower there is an ending. A duration that is over meanwhile ends the effect
// all the same.
func (e *engine) followAgain(ctx context.Context, c *claim, kind Kind) (f Follower, end ending, err error) {
	for {
		problem := e.insist(ctx, c.Row().Body.patience(), func() (err error) {
			f, err = e.follow(ctx, func(ctx context.Context) (Follower, error) { return kind.Resume(ctx, c.Row().Body.order()) })
			return err
		})
		if problem == nil {
			return f, ending{}, nil
		}
		if end, err = e.unwatched(ctx, c, problem); err != nil || end != (ending{}) {
			return nil, end, err
		}
		if err := e.endHold(ctx, c, kind); err != nil {
			return nil, ending{}, err
		}
	}
}

// unwatched is the end of a fault whose victims cannot be watched; none when only
// its duration is over.
func (e *engine) unwatched(ctx context.Context, c *claim, problem error) (ending, error) {
	row, err := c.Refresh(ctx)
	switch cause := context.Cause(ctx); {
	case err != nil:
		return ending{}, err
	case errors.Is(cause, work.ErrLost):
		return ending{}, cause
	case errors.Is(problem, ErrGone):
		return ending{OutcomeNotRecovered, problem.Error()}, nil
	case row.Body.EndAsked != "":
		return ending{OutcomeEnded, fmt.Sprintf("ended early: %s: the target could not be watched: %v", row.Body.EndAsked, problem)}, nil
	case ctx.Err() != nil:
		return shutDown(), nil
	case row.Body.holding():
		return ending{}, nil
	}
	return ending{OutcomeNotRecovered, fmt.Sprintf("not seen to recover within %s: %v", row.Body.Request.Budget, problem)}, nil
}
