package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events/work"
)

// recover ends the effect when its duration is over, and watches until the victims
// are healed, the budget is spent, or somebody wants the fault to end; then it
// closes the entry.
func (e *engine) recover(ctx context.Context, c *claim, kind Kind, f Follower) error {
	if err := c.Flush(ctx); err != nil {
		return err
	}
	e.deps.Checkpoint("injected-published")
	if err := update(ctx, c, func(entry *Entry) { entry.State = StateRecovering }); err != nil {
		return err
	}
	e.deps.Checkpoint("recovering")
	if len(c.Row().Body.hit()) == 0 {
		return e.close(ctx, c, kind, nobodyHit(c.Row().Body))
	}
	f.Update(c.Row().Body.order())
	end, err := e.hold(ctx, c, kind, f)
	if err == nil && end == (ending{}) {
		end, err = e.heal(ctx, c, kind, f)
	}
	if err != nil {
		return err
	}
	return e.close(ctx, c, kind, end)
}

// hold keeps the fault in effect for its duration and reverts it then. It returns
// an ending when the fault ended before.
func (e *engine) hold(ctx context.Context, c *claim, kind Kind, f Follower) (ending, error) {
	if !c.Row().Body.holding() {
		return ending{}, nil
	}
	end, err := e.watch(ctx, c, kind, f, c.Row().Body.holdEnds(), func() (ending, bool) {
		return ending{OutcomeEnded, "ended early: " + c.Row().Body.EndAsked}, c.Row().Body.EndAsked != ""
	})
	if err != nil || end != (ending{}) {
		return end, err
	}
	if err := e.endHold(ctx, c, kind); err != nil {
		return end, err
	}
	f.Update(c.Row().Body.order())
	return end, nil
}

// endHold reverts a fault whose duration is over.
func (e *engine) endHold(ctx context.Context, c *claim, kind Kind) error {
	left, err := e.revert(ctx, c, kind)
	if err != nil {
		return err
	}
	e.deps.Checkpoint("held")
	return update(ctx, c, func(entry *Entry) { entry.Reverted, entry.Left = e.now(), left })
}

// heal watches until the fault comes to its end.
func (e *engine) heal(ctx context.Context, c *claim, kind Kind, f Follower) (ending, error) {
	end, err := e.watch(ctx, c, kind, f, c.Row().Body.budgetEnds(), func() (ending, bool) { return over(c.Row().Body, f.Standing()) })
	if err == nil && end == (ending{}) {
		end = ending{OutcomeNotRecovered, fmt.Sprintf("not recovered within %s: %s", c.Row().Body.Request.Budget, broken(f.Standing()))}
	}
	return end, err
}

// watch takes in marks until over says so or the time is up, which has no ending.
// Over is asked only when all that is due has been taken in, also of a fault whose
// time was up before it was resumed: no mark is lost, and what is healed was seen.
func (e *engine) watch(
	ctx context.Context, c *claim, kind Kind, f Follower, until time.Time, over func() (ending, bool),
) (ending, error) {
	bounded, cancel := context.WithTimeout(ctx, until.Sub(e.now()))
	defer cancel()
	for {
		if err := e.takeIn(ctx, c, kind, f); err != nil {
			return ending{}, err
		}
		if end, is := over(); is {
			return end, nil
		}
		marks, err := f.Next(bounded)
		switch {
		case err == nil:
			err = e.mark(ctx, c, kind, marks)
		case ctx.Err() != nil:
			return e.cancelled(ctx, c, over)
		case bounded.Err() != nil:
			return ending{}, nil
		default:
			return ending{OutcomeNotRecovered, fmt.Sprintf("the recovery could not be watched: %v", err)}, nil
		}
		if err != nil {
			return ending{}, err
		}
	}
}

// takeIn writes down the marks that are due already.
func (e *engine) takeIn(ctx context.Context, c *claim, kind Kind, f Follower) error {
	now, cancel := context.WithCancel(ctx)
	cancel()
	marks, err := f.Next(now)
	if err != nil {
		return nil //nolint:nilerr // nothing is due; what ails the follower it says when it is waited for
	}
	return e.mark(ctx, c, kind, marks)
}

// cancelled is how the watch ends when ctx does: somebody asked for the end, the
// server is shut down, or the lease is lost.
func (e *engine) cancelled(ctx context.Context, c *claim, over func() (ending, bool)) (ending, error) {
	if _, err := c.Refresh(ctx); err != nil {
		return ending{}, err
	}
	if end, is := over(); is {
		return end, nil
	}
	if cause := context.Cause(ctx); errors.Is(cause, work.ErrLost) {
		return ending{}, cause
	}
	return shutDown(), nil
}

// mark writes marks down and publishes them.
func (e *engine) mark(ctx context.Context, c *claim, kind Kind, marks []Mark) error {
	if len(marks) == 0 {
		return nil
	}
	about := kind.Describe().FaultKind
	_, err := c.Update(ctx, func(r *row) error {
		var errs []error
		for _, m := range marks {
			errs = append(errs, e.note(r, marked(r.Body, about, m)))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		return err
	}
	e.deps.Checkpoint("marked")
	err = c.Flush(ctx)
	e.deps.Checkpoint("marked-published")
	return err
}
