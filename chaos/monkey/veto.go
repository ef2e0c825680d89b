package monkey

import (
	"context"
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// veto takes a start out of its plan. It and the server that makes starts write the same
// row, which only one of them can create.
func (s *Service) veto(ctx context.Context, e events.StartVeto) (events.PlanStart, error) {
	if strings.TrimSpace(e.Reason) == "" {
		return events.PlanStart{}, events.Errorf(events.KindInvalid, "shakedown chaos veto "+e.ID+" --reason TEXT", "a veto needs a reason")
	}
	p, start, ok := find(s.store.allPlans.All(), e.ID)
	if !ok {
		return events.PlanStart{}, notFound("shakedown chaos plan", "no stored plan has the start %s: plans are stored the day before", e.ID)
	}
	row := startRow{Start: p.startOf(start), Date: p.Day.Date.String(), Hash: p.Hash, Recorded: s.now(), Done: true}
	row.Start.State, row.Start.Reason, row.Start.By = events.StartVetoed, e.Reason, e.By
	won, err := s.record(ctx, row)
	if err != nil {
		return events.PlanStart{}, fmt.Errorf("veto %s: %w", e.ID, err)
	}
	if !won {
		return s.vetoLate(ctx, e)
	}
	s.metrics.decided(row.Start.State)
	s.deps.Log.Info("start vetoed", "start", e.ID, "by", e.By, "reason", e.Reason)
	return row.Start, s.publishDecision(ctx, row)
}

// vetoLate is the answer to a veto of what is decided.
func (s *Service) vetoLate(ctx context.Context, e events.StartVeto) (events.PlanStart, error) {
	row, _, err := s.store.starts.Get(ctx, e.ID)
	if err != nil {
		return events.PlanStart{}, fmt.Errorf("read start %s: %w", e.ID, err)
	}
	if row.Start.State == events.StartVetoed {
		return row.Start, nil
	}
	hint := ""
	if row.Start.State == events.StartAsked {
		hint = "shakedown chaos stop --reason TEXT reverts everything"
	}
	return events.PlanStart{}, events.Errorf(events.KindRefused, hint, "start %s is %s already", e.ID, row.Start.State)
}
