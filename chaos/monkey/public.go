package monkey

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey/plan"
	"github.com/shakedown-dev/shakedown/events"
)

// public is the plan as others see it, with what became of its starts.
func (p planRow) public(rows map[string]startRow, now time.Time) events.SchedulePlan {
	out := events.SchedulePlan{Schedule: p.Schedule, Hash: p.Hash, TimeZone: p.TimeZone, Chance: p.Chance}
	for _, g := range p.Groups {
		out.Groups = append(out.Groups, events.PlanGroup(g))
	}
	for _, name := range slices.Sorted(maps.Keys(p.Left)) {
		out.Left = append(out.Left, events.PlanLeft{Member: name, Why: p.Left[name]})
	}
	day := published(p.Schedule, p.Day, p.Experiments)
	day.Made = p.Made
	for i := range day.Starts {
		outcome(&day.Starts[i], rows, p.Made, now)
	}
	out.Days = []events.PlanDay{day}
	return out
}

// outcome fills in what became of a start. One that nobody has decided in a day is missed.
func outcome(s *events.PlanStart, rows map[string]startRow, made, now time.Time) {
	const day = 24 * time.Hour
	row, decided := rows[s.ID]
	switch {
	case decided:
		s.State, s.Reason, s.By, s.Verdicts = row.Start.State, row.Start.Reason, row.Start.By, row.Start.Verdicts
	case s.At.Before(made) && !made.After(now):
		s.State, s.Reason = events.StartMissed, "the plan was made after that time"
	case now.Sub(s.At) > day:
		s.State, s.Reason = events.StartMissed, "nobody made it in time"
	}
}

// startOf is a start of the plan as others see it.
func (p planRow) startOf(s plan.Start) events.PlanStart {
	return published(p.Schedule, plan.Day{Starts: []plan.Start{s}}, p.Experiments).Starts[0]
}

// find is the start with the id, in the newest plan that has it.
func find(plans []planRow, id string) (planRow, plan.Start, bool) {
	slices.SortFunc(plans, func(a, b planRow) int { return cmp.Compare(b.Made.UnixNano(), a.Made.UnixNano()) })
	for _, p := range plans {
		for _, s := range p.Day.Starts {
			if s.ID == id {
				return p, s, true
			}
		}
	}
	return planRow{}, plan.Start{}, false
}

// notFound is the error of what is not there.
func notFound(hint, format string, args ...any) error {
	return events.Errorf(events.KindNotFound, hint, "%s", fmt.Sprintf(format, args...))
}
