package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

const (
	armBucket = "chaos_arms"
	// maxArmed is how long a protected environment may be armed at once.
	maxArmed = 24 * time.Hour
)

// onArm lets faults into a protected environment for a time. A later call takes the place
// of an earlier one.
func (e *engine) onArm(ctx context.Context, req events.ArmRequest) (events.Arm, error) {
	const how = "shakedown chaos arm ENV --for 2h --reason \"...\""
	switch length := req.For.Std(); {
	case !events.IsDNSLabel(req.Environment):
		return events.Arm{}, events.Errorf(events.KindInvalid, how, "%q is not the name of an environment", req.Environment)
	case strings.TrimSpace(req.Reason) == "":
		return events.Arm{}, events.Errorf(events.KindInvalid, how, "arm %s: a reason is missing", req.Environment)
	case length <= 0 || length > maxArmed:
		return events.Arm{}, events.Errorf(events.KindInvalid, how, "arm %s for %s: want more than 0s and at most %s", req.Environment, length, maxArmed)
	}
	now := e.now()
	arm := events.Arm{Environment: req.Environment, Reason: req.Reason, By: req.By, Since: now, Until: now.Add(req.For.Std())}
	if err := e.putArm(ctx, arm); err != nil {
		return events.Arm{}, err
	}
	e.deps.Log.WarnContext(ctx, "protected environment armed", "service", group, "env", arm.Environment, "reason", arm.Reason, "by", arm.By, "until", arm.Until)
	about := e.deps.Stamp.About(arm.Environment, "armed "+stamp(now))
	return arm, events.EnvironmentArmedTopic.Publish(ctx, e.deps.Bus, about, arm)
}

// putArm writes the arm down, in place of another one.
func (e *engine) putArm(ctx context.Context, arm events.Arm) error {
	err := e.arms.Create(ctx, arm.Environment, arm)
	if errors.Is(err, events.ErrExists) {
		_, err = e.arms.Modify(ctx, arm.Environment, func(a *events.Arm) error { *a = arm; return nil })
	}
	if err != nil {
		return fmt.Errorf("arm %s: %w", arm.Environment, err)
	}
	return nil
}

// onDisarm ends an arm before its time.
func (e *engine) onDisarm(ctx context.Context, req events.DisarmRequest) (events.Arm, error) {
	now := e.now()
	arm, err := e.arms.Modify(ctx, req.Environment, func(a *events.Arm) error {
		if !now.Before(a.Until) {
			return events.ErrNotFound
		}
		a.Until = now
		return nil
	})
	if errors.Is(err, events.ErrNotFound) {
		return events.Arm{}, events.Errorf(events.KindNotFound, "shakedown chaos arm", "environment %q is not armed", req.Environment)
	}
	if err != nil {
		return events.Arm{}, fmt.Errorf("disarm %s: %w", req.Environment, err)
	}
	about := e.deps.Stamp.About(req.Environment, "disarmed "+stamp(now))
	return arm, events.EnvironmentDisarmedTopic.Publish(ctx, e.deps.Bus, about, events.EnvironmentDisarmed{Environment: req.Environment, By: req.By, At: now})
}

func (e *engine) onArms(ctx context.Context, _ events.Nothing) (events.Arms, error) {
	arms, err := e.armed(ctx)
	return events.Arms{Arms: arms}, err
}

// armed are the arms that have not ended, by environment.
func (e *engine) armed(ctx context.Context) ([]events.Arm, error) {
	all, err := e.arms.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the armed environments: %w", err)
	}
	now := e.now()
	arms := []events.Arm{}
	for _, a := range all {
		if now.Before(a.Until) {
			arms = append(arms, a)
		}
	}
	slices.SortFunc(arms, func(a, b events.Arm) int { return strings.Compare(a.Environment, b.Environment) })
	return arms, nil
}

// armedIfProtected lets faults into what nobody protects, and into what is armed.
func armedIfProtected(e Evidence) events.GuardDecision { return everyScope(e, scopeIsArmed) }

func scopeIsArmed(e Evidence, s Scope) events.GuardDecision {
	value, set := s.Labels[events.LabelProtected]
	switch {
	case s.Unread != "":
		return unread(s)
	case !set || value == "false":
		return Yes("%s %s is not protected", s.Kind, s.Name)
	}
	for _, a := range e.Arms {
		if a.Environment == s.Name && e.Now.Before(a.Until) {
			return Yes("%s %s is protected, and armed until %s by %s: %s", s.Kind, s.Name, a.Until.UTC().Format(time.RFC3339), a.By, a.Reason)
		}
	}
	return No(fmt.Sprintf("shakedown chaos arm %s --for 2h --reason \"...\"", s.Name),
		"%s %s is protected (%s=%s) and not armed", s.Kind, s.Name, events.LabelProtected, value)
}
