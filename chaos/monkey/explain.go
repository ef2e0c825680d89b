package monkey

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey/plan"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/events"
)

// explain says for each schedule that draws why the target was hit on a day, or not.
func (s *Service) explain(ctx context.Context, e events.ExplainQuery) (events.ExplainAnswer, error) {
	answer := events.ExplainAnswer{Target: e.Target}
	schedules := s.store.allSchedules.All()
	slices.SortFunc(schedules, func(a, b scheduleRow) int { return cmp.Compare(a.name(), b.name()) })
	rows, now := s.startRows(), s.now()
	for _, row := range schedules {
		if !isMonkey(row.Document) {
			continue
		}
		row.Document = row.Document.WithDefaults()
		date, err := firstOf(row, e.Date, now)
		if err != nil {
			return answer, err
		}
		one := s.explainBy(ctx, row, date, e.Target, rows, now)
		one.Schedule, one.Date = row.name(), date.String()
		answer.Explanations = append(answer.Explanations, one)
	}
	if len(answer.Explanations) == 0 {
		return answer, notFound("shakedown apply -f FILE", "there is no schedule that draws faults")
	}
	return answer, nil
}

// explainBy is what one schedule has to say.
func (s *Service) explainBy(ctx context.Context, row scheduleRow, date wall.Date, target string, rows map[string]startRow, now time.Time) events.Explanation {
	plans := slices.DeleteFunc(s.inForce(row), func(p planRow) bool { return p.Day.Date != date })
	if len(plans) == 0 {
		why := s.problemOf(row.name())
		if why == "" {
			why = "no plan of that day is stored"
		}
		return events.Explanation{Reason: why}
	}
	p := plans[0]
	if why, ok := p.Left[target]; ok {
		return events.Explanation{Reason: "it is never hit: " + why}
	}
	i := slices.IndexFunc(p.Groups, func(g plan.Group) bool { return slices.Contains(g.Members, target) })
	if i < 0 {
		return events.Explanation{Reason: "the schedule does not choose it: no such component is in its environments"}
	}
	group := p.Groups[i].Name
	for _, start := range p.Day.Starts {
		if start.Group == group {
			return explainStart(p, start, target, rows, now)
		}
	}
	return events.Explanation{Reason: s.undrawn(ctx, row, date, group)}
}

// explainStart explains with the start of the target's group.
func explainStart(p planRow, start plan.Start, target string, rows map[string]startRow, now time.Time) events.Explanation {
	public := p.startOf(start)
	outcome(&public, rows, p.Made, now)
	x := events.Explanation{Hit: start.Member == target, Start: &public}
	switch {
	case !x.Hit:
		x.Reason = fmt.Sprintf("group %s is hit, and %s was drawn of its members (seed %s)", start.Group, start.Member, start.Seed)
	case public.State == "":
		x.Reason = fmt.Sprintf("it was drawn for %s (seed %s)", start.At.Format(time.RFC3339), start.Seed)
	default:
		x.Reason = "it was drawn, and " + joined(public.State, public.Reason)
	}
	return x
}

// undrawn says why nobody of the group was drawn.
func (s *Service) undrawn(ctx context.Context, row scheduleRow, date wall.Date, group string) string {
	planner, err := open(ctx, s.deps.Calendars, row.Document, date, 1)
	if err != nil {
		return "nobody of its group was drawn; why cannot be said now: " + err.Error()
	}
	if why := planner.Reason(group, date); why != "" {
		return why
	}
	return "nobody of its group was drawn when the plan was made; by the calendars as they are now somebody would be"
}
