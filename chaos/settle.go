package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// firstPause and lastPause lie between two attempts to see a target again.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 2 * time.Second
)

// settle finds out what became of injections whose answer is not known, as long as
// the fault has time. What is not known then counts as hit when it is reverted, and
// nowhere else.
func (e *engine) settle(ctx context.Context, c *claim, kind Kind) error {
	problem := e.insist(ctx, c.Row().Body.patience(), func() error { return e.settleAll(ctx, c, kind) })
	switch {
	case problem == nil:
		return nil
	case errors.Is(problem, work.ErrLost) || errors.Is(context.Cause(ctx), work.ErrLost):
		return problem
	}
	return update(ctx, c, func(entry *Entry) { entry.leaveUnknown(problem) })
}

func (e *engine) settleAll(ctx context.Context, c *claim, kind Kind) error {
	for i, v := range c.Row().Body.Victims {
		if !v.unanswered() {
			continue
		}
		if err := e.settleOne(ctx, c, kind, i); err != nil {
			return fmt.Errorf("find out what became of %s %s: %w", v.Kind, v.Name, err)
		}
	}
	return nil
}

func (e *engine) settleOne(ctx context.Context, c *claim, kind Kind, i int) error {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.deps.Config.InjectTimeout)
	defer cancel()
	order := c.Row().Body.order()
	in, seen, err := kind.Effect(bounded, order, order.Victims[i].Victim)
	if err != nil {
		return err
	}
	now := e.now()
	_, err = c.Update(ctx, func(r *row) error {
		v := r.Body.victim(i)
		if in {
			return e.accept(r, kind, i, now, v.Sent)
		}
		if v.Problem == "" {
			v.Problem = seen
		}
		return nil
	})
	return err
}

// insist tries until it succeeds or is of no use, until the time is up, or until
// ctx ends. It tries once in any case.
func (e *engine) insist(ctx context.Context, until time.Time, try func() error) error {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := try()
		left := until.Sub(e.now())
		if err == nil || errors.Is(err, ErrGone) || left <= 0 || !events.Wait(ctx, min(pause, left)) {
			return err
		}
	}
}
