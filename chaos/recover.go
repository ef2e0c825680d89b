package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// stream is an open watch of a namespace.
type stream struct {
	changes chan Change
	ended   chan error
	stop    func()
}

// follow opens a watch and returns once it is open, so that nothing that is done
// afterwards is seen late.
func (r *run) follow(ctx context.Context, since Survey) (*stream, error) {
	watched, cancel := context.WithCancel(ctx)
	opened, done := make(chan struct{}), make(chan struct{})
	s := &stream{changes: make(chan Change, 64), ended: make(chan error, 1)}
	s.stop = func() { cancel(); <-done }
	go func() {
		defer close(done)
		s.ended <- r.Cluster.Watch(watched, since, func() { close(opened) }, func(c Change) {
			select {
			case s.changes <- c:
			case <-watched.Done():
			}
		})
	}()
	timeout := time.NewTimer(r.Config.InjectTimeout)
	defer timeout.Stop()
	var err error
	select {
	case <-opened:
		return s, nil
	case err = <-s.ended:
	case <-timeout.C:
		err = fmt.Errorf("the stream did not open within %s", r.Config.InjectTimeout)
	}
	s.stop()
	return nil, errors.Join(err, ctx.Err())
}

// resume goes on with a fault that another life injected, or was injecting. It
// never injects: it looks, tells, watches for the rest of the budget, closes.
func (r *run) resume(ctx context.Context) error {
	if r.entry.State == StateInjecting {
		if err := r.observe(ctx); err != nil {
			return err
		}
		if err := r.injectionFailed(ctx, r.interrupted()); err != nil {
			return err
		}
	}
	if err := r.say(ctx); err != nil {
		return err
	}
	r.Checkpoint("resumed")
	req := r.entry.Request
	look, cancel := context.WithTimeout(ctx, r.Config.InjectTimeout)
	defer cancel()
	survey, err := r.Cluster.Survey(look, req.Namespace, req.Target.Labels)
	if errors.Is(err, ErrGone) {
		return r.close(ctx, OutcomeNotRecovered, fmt.Sprintf("namespace %s: %v", req.Namespace, err))
	}
	if err != nil {
		return fmt.Errorf("look at namespace %s: %w", req.Namespace, err)
	}
	s, err := r.follow(ctx, survey)
	if err != nil {
		return fmt.Errorf("watch namespace %s: %w", req.Namespace, err)
	}
	defer s.stop()
	r.line = newTimeline(r.entry)
	if err := r.mark(ctx, r.catchUp(survey)); err != nil {
		return err
	}
	return r.recover(ctx, s)
}

// interrupted says how far a broken injection had come.
func (r *run) interrupted() string {
	return fmt.Sprintf("the server ended while it injected the fault: %d of %d victims were hit, and the rest is left alone",
		len(r.entry.hit()), len(r.entry.Victims))
}

// catchUp turns a survey into the changes that were missed. Their true time lies
// after the first kill, and after the last mark that the watch made.
func (r *run) catchUp(s Survey) []events.RecoveryMarked {
	now, since := r.now(), r.line.sent
	for _, m := range r.entry.Marks {
		if m.Mark != events.MarkKillAccepted {
			since = later(since, m.At)
		}
	}
	var marks []events.RecoveryMarked
	for _, v := range r.entry.Victims {
		if _, there := s.pod(v.UID); v.Hit && !there {
			gone := Pod{Namespace: v.Namespace, Name: v.Name, UID: v.UID, Node: v.Node}
			marks = append(marks, r.line.see(Change{Pod: gone, Gone: true, At: now, Since: since})...)
		}
	}
	for _, p := range s.Pods {
		marks = append(marks, r.line.see(Change{Pod: p, At: now, Since: since})...)
	}
	return marks
}

// injected says that every kill was accepted.
func (r *run) injected(ctx context.Context) error {
	now := r.now()
	err := r.persist(ctx, func(e *Entry) {
		e.State, e.Injected = StateInjected, now
		post(r, e, "injected", events.FaultInjectedTopic, events.FaultInjected{
			Fault: e.Fault, Run: e.Request.Run, Kind: e.Request.Kind, Victims: e.hit(),
			Decisions: e.Decisions, Seed: e.Seed, At: now,
		})
	})
	r.Checkpoint("injected")
	return err
}

// injectionFailed says what went wrong, and what was hit all the same.
func (r *run) injectionFailed(ctx context.Context, reason string) error {
	now := r.now()
	err := r.persist(ctx, func(e *Entry) {
		e.State, e.Injected, e.Failed = StateInjected, now, reason
		post(r, e, "failed", events.FaultFailedTopic, failedEvent(*e))
	})
	r.Checkpoint("failed")
	return err
}

func failedEvent(e Entry) events.FaultFailed {
	return events.FaultFailed{
		Fault: e.Fault, Run: e.Request.Run, Reason: e.Failed, Victims: e.hit(), Decisions: e.Decisions, Seed: e.Seed,
	}
}

// recover watches until the target is whole, the budget is spent, or somebody
// wants the fault to end; then it closes the entry.
func (r *run) recover(ctx context.Context, s *stream) error {
	if err := r.say(ctx); err != nil {
		return err
	}
	r.Checkpoint("injected-said")
	if err := r.persist(ctx, func(e *Entry) { e.State = StateRecovering }); err != nil {
		return err
	}
	r.Checkpoint("recovering")
	if len(r.entry.hit()) == 0 {
		return r.close(ctx, OutcomeFailed, "no victim was hit, so nothing had to recover")
	}
	if r.line == nil {
		r.line = newTimeline(r.entry)
	}
	outcome, reason, err := r.await(ctx, s)
	if err != nil {
		return err
	}
	return r.close(ctx, outcome, reason)
}

func (r *run) await(ctx context.Context, s *stream) (outcome, reason string, err error) {
	budget := time.NewTimer(r.entry.budgetEnds().Sub(r.now()))
	defer budget.Stop()
	renew := time.NewTicker(r.Config.Lease / 3)
	defer renew.Stop()
	for {
		if outcome, reason, over := r.over(); over {
			return outcome, reason, nil
		}
		select {
		case c := <-s.changes:
			err = r.mark(ctx, r.seeAll(s, c))
		case <-r.nudged:
			err = r.persist(ctx, nil)
		case <-renew.C:
			err = r.persist(ctx, nil)
		case <-budget.C:
			err = r.mark(ctx, r.seeWaiting(s))
			if outcome, reason, over := r.over(); over || err != nil {
				return outcome, reason, err
			}
			return OutcomeNotRecovered, fmt.Sprintf("not recovered within %s: %s", r.entry.Request.Budget, r.line.trouble()), nil
		case err := <-s.ended:
			if ctx.Err() == nil {
				return OutcomeNotRecovered, fmt.Sprintf("the recovery could not be watched: %v", err), nil
			}
		case <-ctx.Done():
		}
		if ctx.Err() != nil && err == nil {
			return OutcomeEnded, "the server was shut down before the recovery was seen", nil
		}
		if err != nil {
			return "", "", err
		}
	}
}

// over says whether the fault has come to its end, and how.
func (r *run) over() (outcome, reason string, over bool) {
	switch {
	case r.entry.EndAsked != "" && !r.line.healed():
		return OutcomeEnded, "ended early: " + r.entry.EndAsked + ": " + r.line.trouble(), true
	case r.line.healed() && r.inTime():
		return OutcomeRecovered, "", true
	case r.line.healed():
		return OutcomeNotRecovered, fmt.Sprintf("ready again, but not surely within %s", r.entry.Request.Budget), true
	case r.line.hopeless():
		return OutcomeNotRecovered, r.line.trouble(), true
	}
	return "", "", false
}

// inTime says whether all marks were surely made within the budget.
func (r *run) inTime() bool {
	for _, m := range r.entry.Marks {
		if m.At.After(r.entry.budgetEnds()) {
			return false
		}
	}
	return true
}

// seeAll takes a change and those that wait behind it.
func (r *run) seeAll(s *stream, c Change) []events.RecoveryMarked {
	return append(r.line.see(c), r.seeWaiting(s)...)
}

func (r *run) seeWaiting(s *stream) []events.RecoveryMarked {
	var marks []events.RecoveryMarked
	for {
		select {
		case c := <-s.changes:
			marks = append(marks, r.line.see(c)...)
		default:
			return marks
		}
	}
}

// mark writes marks down and publishes them.
func (r *run) mark(ctx context.Context, marks []events.RecoveryMarked) error {
	if len(marks) == 0 {
		return nil
	}
	err := r.persist(ctx, func(e *Entry) {
		for _, m := range marks {
			r.note(e, m)
		}
	})
	if err != nil {
		return err
	}
	r.Checkpoint("marked")
	err = r.say(ctx)
	r.Checkpoint("marked-said")
	return err
}
