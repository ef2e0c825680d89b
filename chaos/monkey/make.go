package monkey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey/plan"
	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// makePlans stores and publishes the plans of today and of tomorrow, so that a plan is
// known before its hours begin; and that of yesterday, while its hours may go on.
func (s *Service) makePlans(ctx context.Context, term work.Term, l *lookout, row scheduleRow, now time.Time) error {
	zone, err := wall.Zone(row.Document.Spec.TimeZone)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, p := range s.inForce(row) {
		there[p.key()] = true
	}
	today := wall.DateAt(now, zone)
	var errs []error
	for date := firstDay(row.Document.Spec, today); date <= today+1; date++ {
		key := planKey(row.name(), date, row.Document.Hash())
		if there[key] || l.waits(key, now, s.deps.Config.Retry) {
			continue
		}
		if err := s.makePlan(ctx, term, row, date, now); err != nil {
			l.failed[key] = now.Add(s.deps.Config.Retry)
			errs = append(errs, err)
			continue
		}
		delete(l.failed, key)
	}
	return errors.Join(errs...)
}

// firstDay is the first day that may have hours still to come.
func firstDay(s spec.Spec, today wall.Date) wall.Date {
	if s.Monkey == nil {
		return today
	}
	if h, err := spec.ParseHours(s.Monkey.Hours); err == nil && h.OverMidnight() {
		return today - 1
	}
	return today
}

// makePlan stores the plan of a day, and publishes it. Why it cannot is published, too.
func (s *Service) makePlan(ctx context.Context, term work.Term, row scheduleRow, date wall.Date, now time.Time) error {
	p, err := s.compute(ctx, row, date, now)
	if err != nil {
		return s.failPlan(ctx, term, row, date, err)
	}
	s.problem(row.name(), "")
	effect, end := term.Deadline(ctx, s.deps.Config.Patience)
	defer end()
	err = s.store.plans.Create(effect, p.key(), p)
	if errors.Is(err, events.ErrExists) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("store the plan of %s for %s: %w", row.name(), date, err)
	}
	s.deps.Checkpoint("plan stored")
	err = events.PlanMadeTopic.Publish(effect, s.deps.Bus, s.deps.Stamp.About(row.name(), "made "+p.key()), events.PlanMade{SchedulePlan: p.public(nil, now)})
	s.deps.Checkpoint("plan published")
	s.deps.Log.Info("plan made", "schedule", row.name(), "date", date.String(), "starts", len(p.Day.Starts))
	return err
}

// failPlan says that nothing starts, and why.
func (s *Service) failPlan(ctx context.Context, term work.Term, row scheduleRow, date wall.Date, cause error) error {
	if s.problem(row.name(), cause.Error()) {
		effect, end := term.Deadline(ctx, s.deps.Config.Patience)
		defer end()
		m := s.deps.Stamp.About(row.name(), "failed "+planKey(row.name(), date, row.Document.Hash()))
		if err := events.PlanFailedTopic.Publish(effect, s.deps.Bus, m, events.PlanFailed{
			Schedule: row.name(), Date: date.String(), Reason: cause.Error(),
		}); err != nil {
			s.problem(row.name(), "") // so that it is said again
			return errors.Join(cause, err)
		}
	}
	return cause
}

// compute makes the plan of a day of what there is now.
func (s *Service) compute(ctx context.Context, row scheduleRow, date wall.Date, now time.Time) (planRow, error) {
	ctx, cancel := context.WithTimeout(ctx, s.deps.Config.Patience)
	defer cancel()
	d := row.Document
	planner, err := open(ctx, s.deps.Calendars, d, date, 1)
	if err != nil {
		return planRow{}, err
	}
	p := planRow{Schedule: row.name(), Hash: planner.Hash(), TimeZone: d.Spec.TimeZone, Made: now}
	members, err := s.members(ctx, d)
	if err != nil {
		return planRow{}, err
	}
	if d.Spec.Monkey != nil {
		p.Chance = plan.Chance(*d.Spec.Monkey)
		p.Groups, p.Left = plan.Groups(d, members)
	} else if p.Experiments, err = started(d, s.deps.Experiments); err != nil {
		return planRow{}, err
	}
	p.Day = planner.Days(date, date, p.Groups)[0]
	return p, nil
}

// members are all that there are now, of which those that the schedule chooses are of one
// project.
func (s *Service) members(ctx context.Context, d spec.Document) ([]plan.Member, error) {
	environments, err := s.environments(ctx)
	if err != nil {
		return nil, err
	}
	members := Members(environments, s.deps.Experiments)
	return members, plan.OneProject(d, members)
}

// environments are all that there are.
func (s *Service) environments(ctx context.Context) ([]events.Environment, error) {
	ctx, cancel := context.WithTimeout(ctx, s.deps.Config.Patience)
	defer cancel()
	answer, err := events.EnvironmentListCall.Ask(ctx, s.deps.Caller, s.deps.Stamp.First(""), events.Nothing{})
	if err != nil {
		return nil, fmt.Errorf("ask for the environments: %w", err)
	}
	return answer.Environments, nil
}
