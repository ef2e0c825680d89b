package monkey

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/monkey/plan"
	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// due is a start that is due.
type due struct {
	row   scheduleRow
	plan  planRow
	start plan.Start
	// why says what is remarkable about its time.
	why  string
	rows map[string]startRow
	now  time.Time
}

// begin decides about a start that is due: its row is written first, and what it asks for
// follows. An error leaves it undecided, so that it is tried again while it may be late.
func (s *Service) begin(ctx context.Context, term work.Term, l *lookout, d due) error {
	r, err := s.may(ctx, d)
	if err != nil || r.act == actWait {
		return err
	}
	if r.act == actReplace {
		if err := s.abortOthers(ctx, term, d, r.why); err != nil {
			return err
		}
	}
	row := startRow{Start: d.plan.startOf(d.start), Date: d.plan.Day.Date.String(), Hash: d.plan.Hash, Recorded: d.now, Done: true}
	row.Start.State, row.Start.Reason = events.StartSkipped, r.why
	if r.act != actSkip {
		runs, why, err := s.runs(ctx, d)
		if err != nil {
			return err
		}
		if row.Start.Reason = why; len(runs) > 0 {
			row.Start.State, row.Start.Reason, row.Runs, row.Done = events.StartAsked, joined(d.why, r.why), runs, false
		}
	}
	return s.decide(ctx, term, l, row)
}

// joined are the texts that there are.
func joined(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(t string) bool { return t == "" }), "; ")
}

// decide writes the row, which only one server can, and does what it says.
func (s *Service) decide(ctx context.Context, term work.Term, l *lookout, row startRow) error {
	s.deps.Checkpoint("deciding")
	effect, end := term.Deadline(ctx, s.deps.Config.Patience)
	defer end()
	won, err := s.record(effect, row)
	if err != nil || !won {
		return err
	}
	l.decided(row)
	s.deps.Checkpoint("start recorded")
	s.metrics.decided(row.Start.State)
	s.deps.Log.Info("start decided", "start", row.Start.ID, "state", row.Start.State, "member", row.Start.Member, "reason", row.Start.Reason)
	if row.Start.State == events.StartAsked {
		return s.ask(effect, row)
	}
	return s.publishDecision(effect, row)
}

// may says whether something speaks against the start now.
func (s *Service) may(ctx context.Context, d due) (ruling, error) {
	ctx, cancel := context.WithTimeout(ctx, s.deps.Config.Patience)
	defer cancel()
	planner, err := open(ctx, s.deps.Calendars, d.row.Document, d.plan.Day.Date, 1)
	if err != nil {
		s.problem(d.row.name(), err.Error())
		return ruling{}, err
	}
	s.problem(d.row.name(), "")
	if why := planner.Closed(d.now); why != "" {
		return ruling{actSkip, "closed since the plan was made: " + why}, nil
	}
	if why := tooSoon(planner, d); why != "" {
		return ruling{actSkip, why}, nil
	}
	others, err := s.openRuns(ctx, d)
	if err != nil {
		return ruling{}, err
	}
	return together(d.row.Document.Spec, others), nil
}

// tooSoon says that the gap to a hit that an earlier form of the document has planned is
// not over.
func tooSoon(planner *plan.Planner, d due) string {
	m := d.row.Document.Spec.Monkey
	if m == nil {
		return ""
	}
	for _, r := range d.rows {
		if r.Start.Schedule != d.plan.Schedule || r.Start.Group != d.start.Group || r.Start.State != events.StartAsked || r.Hash == d.plan.Hash {
			continue
		}
		last, err := wall.ParseDate(r.Date)
		if err == nil && last < d.plan.Day.Date && planner.WorkingDays(last+1, d.plan.Day.Date) < m.Gap {
			return fmt.Sprintf("the gap of %d working days since %s, planned before the schedule was changed, is not over", m.Gap, r.Date)
		}
	}
	return ""
}

// openRuns are the runs of the schedule that have not ended.
func (s *Service) openRuns(ctx context.Context, d due) ([]string, error) {
	answer, err := events.RunListCall.Ask(ctx, s.deps.Caller, s.deps.Stamp.First(""), events.RunsQuery{Open: true, Limit: maxOpen})
	if err != nil {
		return nil, fmt.Errorf("ask for the open runs: %w", err)
	}
	if answer.Problem != "" {
		return nil, fmt.Errorf("ask for the open runs: %s", answer.Problem)
	}
	ours := map[string]bool{}
	for _, r := range d.rows {
		for _, run := range r.Runs {
			if r.Start.Schedule == d.plan.Schedule {
				ours[run.Run] = true
			}
		}
	}
	var open []string
	for _, r := range answer.Runs {
		if ours[r.Run] {
			open = append(open, r.Run)
			delete(ours, r.Run)
		}
	}
	return append(open, justAsked(d, ours)...), nil
}

// justAsked are runs that were asked for a moment ago, and that nobody may have seen yet.
func justAsked(d due, unseen map[string]bool) (runs []string) {
	for _, r := range d.rows {
		if !r.recent(d.now) {
			continue
		}
		for _, run := range r.Runs {
			if _, ended := r.Start.Verdicts[run.Run]; unseen[run.Run] && !ended {
				runs = append(runs, run.Run)
			}
		}
	}
	slices.Sort(runs)
	return runs
}

// recent says whether the row was written a moment ago.
func (r startRow) recent(now time.Time) bool {
	const moment = 30 * time.Second
	return now.Sub(r.Recorded).Abs() <= moment
}

// maxOpen bounds the open runs that are asked for.
const maxOpen = 10_000

// abortOthers ends the open runs of the schedule.
func (s *Service) abortOthers(ctx context.Context, term work.Term, d due, why string) error {
	effect, end := term.Deadline(ctx, s.deps.Config.Patience)
	defer end()
	others, err := s.openRuns(effect, d)
	if err != nil {
		return err
	}
	for _, run := range others {
		_, err := events.RunAbortCall.Ask(effect, s.deps.Caller, s.deps.Stamp.First(run), events.RunAbort{
			Run: run, Environment: environmentOf(d.rows, run), Reason: fmt.Sprintf("schedule %s starts %s: %s", d.plan.Schedule, d.start.ID, why),
		})
		if err != nil && events.KindOf(err) != events.KindNotFound {
			return fmt.Errorf("abort run %s: %w", run, err)
		}
	}
	return nil
}

func environmentOf(rows map[string]startRow, run string) string {
	for _, r := range rows {
		for _, one := range r.Runs {
			if one.Run == run {
				return one.Environment
			}
		}
	}
	return ""
}

// isMonkey says whether the schedule draws.
func isMonkey(d spec.Document) bool { return d.Spec.Monkey != nil }
