package monkey

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey/plan"
	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// look makes the plans that are missing and the starts that are due.
func (s *Service) look(ctx context.Context, term work.Term, l *lookout) {
	now := s.now()
	if !l.steady(now, s.deps.Ticks(), s.deps.Config) {
		return
	}
	l.know(s.startRows(), now)
	schedules := s.store.allSchedules.All()
	slices.SortFunc(schedules, func(a, b scheduleRow) int { return cmp.Compare(a.name(), b.name()) })
	for _, row := range schedules {
		row.Document = row.Document.WithDefaults()
		if ctx.Err() == nil {
			s.lookAt(ctx, term, l, row, now)
		}
	}
	s.finishAsked(ctx, term, l.rows, now)
}

// lookAt does so for one schedule.
func (s *Service) lookAt(ctx context.Context, term work.Term, l *lookout, row scheduleRow, now time.Time) {
	if err := s.makePlans(ctx, term, l, row, now); err != nil && ctx.Err() == nil {
		s.deps.Log.Warn("plan not made", "schedule", row.name(), "error", err)
	}
	for _, p := range s.inForce(row) {
		for i := range p.Day.Starts {
			if _, decided := l.rows[p.Day.Starts[i].ID]; decided {
				continue
			}
			r := s.timely(l, row.Document.Spec, p, i, now)
			if r.act != actAsk || l.waits(p.Day.Starts[i].ID, now, s.deps.Config.Again) {
				continue
			}
			d := due{row: row, plan: p, start: p.Day.Starts[i], why: r.why, rows: l.rows, now: now}
			delete(l.failed, d.start.ID)
			if err := s.begin(ctx, term, l, d); err != nil && ctx.Err() == nil {
				l.failed[d.start.ID] = now.Add(s.deps.Config.Again)
				s.deps.Log.Warn("start not made; it is tried again", "start", d.start.ID, "error", err)
			}
		}
	}
}

// inForce are the stored plans of the document as it is.
func (s *Service) inForce(row scheduleRow) []planRow {
	hash := row.Document.Hash()
	plans := slices.DeleteFunc(s.store.allPlans.All(), func(p planRow) bool { return p.Schedule != row.name() || p.Hash != hash })
	slices.SortFunc(plans, func(a, b planRow) int { return cmp.Compare(a.Day.Date, b.Day.Date) })
	return plans
}

// timely says whether the i-th start of the plan, which is undecided, is due.
func (s *Service) timely(l *lookout, d spec.Spec, p planRow, i int, now time.Time) ruling {
	start := p.Day.Starts[i]
	if now.Before(start.At) {
		return ruling{act: actWait}
	}
	later := func(o plan.Start) bool { return o.Group == start.Group && !o.At.After(now) }
	m := moment{
		now: now, at: start.At, made: p.Made, since: l.since, onTime: s.deps.Config.OnTime,
		open:   d.Monkey == nil || slices.ContainsFunc(p.Day.Open, func(o wall.Span) bool { return o.Has(now) }),
		newest: !slices.ContainsFunc(p.Day.Starts[i+1:], later),
	}
	return timely(d, m)
}

// startRows are what became of starts, by id. What a mirror does not know yet, the creation
// of a row finds out.
func (s *Service) startRows() map[string]startRow {
	all := s.store.allStarts.All()
	rows := make(map[string]startRow, len(all))
	for _, r := range all {
		rows[r.Start.ID] = r
	}
	return rows
}

// record creates the row of a start. It says whether this server has decided.
func (s *Service) record(ctx context.Context, row startRow) (bool, error) {
	err := s.store.starts.Create(ctx, row.Start.ID, row)
	if errors.Is(err, events.ErrExists) {
		return false, nil
	}
	return err == nil, err
}
