package monkey

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/events"
)

// maxDays bounds the days of one answer.
const maxDays = 400

// plans are those that were asked for: stored ones with what became of their starts, and
// for other days what would be planned if nothing changed.
func (s *Service) plans(ctx context.Context, e events.PlanQuery) (events.PlansAnswer, error) {
	e.Days = max(1, e.Days)
	if e.Days > maxDays {
		return events.PlansAnswer{}, events.Errorf(events.KindInvalid, "ask for fewer days", "%d days are asked for, at most %d are possible", e.Days, maxDays)
	}
	schedules := slices.DeleteFunc(s.store.allSchedules.All(), func(r scheduleRow) bool { return e.Schedule != "" && r.name() != e.Schedule })
	if e.Schedule != "" && len(schedules) == 0 {
		return events.PlansAnswer{}, notFound("shakedown schedule list", "there is no schedule %s", e.Schedule)
	}
	slices.SortFunc(schedules, func(a, b scheduleRow) int { return cmp.Compare(a.name(), b.name()) })
	var answer events.PlansAnswer
	rows, now := s.startRows(), s.now()
	for _, row := range schedules {
		p, err := s.planOf(ctx, row, e, rows, now)
		if err != nil {
			return events.PlansAnswer{}, err
		}
		answer.Plans = append(answer.Plans, p)
	}
	return answer, nil
}

// planOf is the plan of one schedule. One that cannot be made says why, beside what is
// stored.
func (s *Service) planOf(ctx context.Context, row scheduleRow, e events.PlanQuery, rows map[string]startRow, now time.Time) (events.SchedulePlan, error) {
	first, err := firstOf(row, e.From, now)
	if err != nil {
		return events.SchedulePlan{}, err
	}
	d := row.Document.WithDefaults()
	asked := Asked{Document: d, Experiments: s.deps.Experiments, First: first, Days: e.Days}
	if isMonkey(d) {
		environments, err := s.environments(ctx)
		if err != nil {
			return s.storedOnly(row, first, e.Days, rows, now, err), nil
		}
		asked.Members = Members(environments, s.deps.Experiments)
	}
	p, err := Preview(ctx, s.deps.Calendars, asked)
	if err != nil {
		return s.storedOnly(row, first, e.Days, rows, now, err), nil
	}
	stored := s.stored(row, rows, now)
	for i, day := range p.Days {
		if kept, ok := stored[day.Date]; ok {
			p.Days[i] = kept
		}
	}
	p.Problem = s.problemOf(row.name())
	return p, nil
}

func firstOf(row scheduleRow, from string, now time.Time) (wall.Date, error) {
	if from != "" {
		date, err := wall.ParseDate(from)
		if err != nil {
			return 0, events.Errorf(events.KindInvalid, "write a day such as 2027-03-28", "%w", err)
		}
		return date, nil
	}
	zone, err := wall.Zone(row.Document.Spec.TimeZone)
	return wall.DateAt(now, zone), err
}

// stored are the days of the stored plans of the document as it is.
func (s *Service) stored(row scheduleRow, rows map[string]startRow, now time.Time) map[string]events.PlanDay {
	days := map[string]events.PlanDay{}
	row.Document = row.Document.WithDefaults()
	for _, p := range s.inForce(row) {
		day := p.public(rows, now).Days[0]
		days[day.Date] = day
	}
	return days
}

// storedOnly is what is left to be shown when no plan can be made.
func (s *Service) storedOnly(row scheduleRow, first wall.Date, days int, rows map[string]startRow, now time.Time, why error) events.SchedulePlan {
	p := events.SchedulePlan{Schedule: row.name(), Hash: row.Document.Hash(), TimeZone: row.Document.Spec.TimeZone, Problem: why.Error()}
	stored := s.stored(row, rows, now)
	for d := first; d < first+wall.Date(days); d++ {
		if day, ok := stored[d.String()]; ok {
			p.Days = append(p.Days, day)
		}
	}
	return p
}
