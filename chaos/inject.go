package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// injectAll hits the victims one after the other, up to the first that cannot be
// hit, and writes down how it went.
func (e *engine) injectAll(ctx context.Context, c *claim, kind Kind) error {
	for i := range c.Row().Body.Victims {
		failed, err := e.inject(ctx, c, kind, i)
		if err != nil {
			return err
		}
		if failed != nil {
			return e.notInjected(ctx, c, kind, failed)
		}
	}
	return e.injected(ctx, c)
}

// notInjected separates a refusal, which touched nothing, from a failure.
func (e *engine) notInjected(ctx context.Context, c *claim, kind Kind, failed error) error {
	entry := c.Row().Body
	var refusal *Refusal
	switch {
	case entry.untouched() && entry.EndAsked != "":
		return e.refuse(ctx, c, draft{}, entry.EndAsked, "")
	case entry.untouched() && errors.As(failed, &refusal):
		d := events.GuardDecision{Guard: refusal.Guard, Seen: refusal.Seen, Advice: refusal.Advice}
		decided := draft{decisions: append(slices.Clone(entry.Decisions), d)}
		return e.refuse(ctx, c, decided, reasonOf([]events.GuardDecision{d}), d.Advice)
	}
	if err := e.settle(ctx, c, kind); err != nil {
		return err
	}
	return e.injectionFailed(ctx, c, failed.Error())
}

// inject hits one victim: the attempt is written down before, the answer after.
// failed is why the victim was not hit, as far as is known.
func (e *engine) inject(ctx context.Context, c *claim, kind Kind, i int) (failed, err error) {
	if err := update(ctx, c, func(entry *Entry) { entry.victim(i).Sent = e.now() }); err != nil {
		return nil, err
	}
	e.deps.Checkpoint("sending")
	v := c.Row().Body.Victims[i].Victim
	answer := e.send(ctx, c, kind, v)
	at := e.now()
	e.deps.Checkpoint("answered")
	_, err = c.Update(ctx, func(r *row) error {
		if answer == nil {
			return e.accept(r, kind, i, at, time.Time{})
		}
		v := r.Body.victim(i)
		v.Problem, v.Answered = answer.Error(), IsUntouched(answer)
		return nil
	})
	e.deps.Checkpoint("recorded")
	if answer != nil {
		failed = fmt.Errorf("%s on %s %s: %w", c.Row().Body.Request.Kind, v.Kind, v.Name, answer)
	}
	return failed, err
}

// send sends one injection while the lease is surely ours. One that was asked to
// end meanwhile is not sent, none once the emergency stop is engaged, whether
// anybody could ask the fault to end or not, and not the first one when nobody wants
// the fault any more: to watch and to write down may have taken long.
func (e *engine) send(ctx context.Context, c *claim, kind Kind, v events.Victim) error {
	bounded, cancel := c.Deadline(ctx, e.deps.Config.InjectTimeout)
	if own := injectTimeout(kind, c.Row().Body.Request); own > 0 {
		// The lease is renewed beside it, and its loss ends ctx.
		cancel()
		bounded, cancel = context.WithTimeout(ctx, own)
	}
	defer cancel()
	if asked := c.Row().Body.EndAsked; asked != "" {
		return Untouched(fmt.Errorf("ended before it was hit: %s", asked))
	}
	if err := e.checkStop(bounded); err != nil {
		return err
	}
	if err := e.checkFresh(c.Row().Body); err != nil {
		return err
	}
	if err := events.CheckFence(bounded); err != nil {
		return Untouched(err)
	}
	return kind.Inject(bounded, c.Row().Body.order(), v)
}

// checkFresh asks once more whether a fault that has hit nobody is still wanted.
// Errors: *Refusal.
func (e *engine) checkFresh(entry Entry) error {
	if len(entry.hit()) > 0 {
		return nil
	}
	return expired(entry.Request, e.now())
}

// accept notes an accepted injection within a change; since is set when it is only
// known that it happened between the two times.
func (e *engine) accept(r *row, kind Kind, i int, at, since time.Time) error {
	v := r.Body.victim(i)
	v.Hit, v.Problem, v.Answered = true, "", false
	about := kind.Describe().FaultKind
	return e.note(r, marked(r.Body, about, Mark{
		Victim: v.ID, Name: markOf(about, events.RoleSent).Name, Object: v.Name, Node: v.Node, At: at, Since: since, Sent: v.Sent,
	}))
}

// injected notes that the injection of every victim was accepted.
func (e *engine) injected(ctx context.Context, c *claim) error {
	now := e.now()
	_, err := c.Update(ctx, func(r *row) error {
		r.Body.State, r.Body.Injected = StateInjected, now
		return post(e, r, "injected", events.FaultInjectedTopic, events.FaultInjected{
			Fault: r.Body.Fault, Run: r.Body.Request.Run, Kind: r.Body.Request.Kind, Victims: r.Body.hit(),
			Decisions: r.Body.Decisions, Seed: r.Body.Seed, At: now,
		})
	})
	e.deps.Checkpoint("injected")
	return err
}

// injectionFailed notes what went wrong, and what was hit all the same.
func (e *engine) injectionFailed(ctx context.Context, c *claim, reason string) error {
	now := e.now()
	if n := c.Row().Body.unknown(); n > 0 {
		reason += fmt.Sprintf("; of %d of %d victims it is not known whether they were hit", n, len(c.Row().Body.Victims))
	}
	_, err := c.Update(ctx, func(r *row) error {
		r.Body.State, r.Body.Injected, r.Body.Failed = StateInjected, now, reason
		return post(e, r, "failed", events.FaultFailedTopic, failedEvent(r.Body))
	})
	e.deps.Checkpoint("failed")
	return err
}

func failedEvent(e Entry) events.FaultFailed {
	return events.FaultFailed{
		Fault: e.Fault, Run: e.Request.Run, Reason: e.Failed, Victims: e.hit(), Decisions: e.Decisions, Seed: e.Seed,
	}
}
