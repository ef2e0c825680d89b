package experiments

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
	"github.com/shakedown-dev/shakedown/experiments/verdict"
)

// resume ends a run that another process left behind after its first injection was
// asked for. One that was being judged has all its evidence stored and is judged.
func (s *Service) resume(ctx context.Context, c *work.Claim[Row], row Row) error {
	rec, lost, err := s.recordLeft(ctx, row)
	if err != nil {
		return err
	}
	st := &state{row: row, rec: rec}
	if row.Phase == record.PhaseJudging {
		st.row.End = endLeft(row, lost)
		return s.conclude(context.WithoutCancel(ctx), c, st)
	}
	if probes, problems := s.deps.Probes.Read(rec.Experiment); len(problems) == 0 {
		if err := st.resolve(rec.Experiment, probes); err != nil {
			return err
		}
	}
	st.rec.AddNote(s.deps.Now(), "the run was interrupted while "+row.Phase+"; samples since then are lost")
	end := verdict.Ending{Aborted: "server restarted while " + row.Phase}
	if why := cmp.Or(row.End.Aborted, row.Abort); why != "" {
		end.Aborted = why + "; " + end.Aborted
	}
	if err := s.enter(ctx, c, st, move{to: record.PhaseReverting, step: row.Step, end: end}); err != nil {
		return err
	}
	return s.drive(ctx, c, st)
}

// recordLeft is the record of a run that another process left behind. One that is not
// there, or cannot be read, is made anew with the faults that the run may have asked for,
// so that they are reverted and the run ends; lost is why.
func (s *Service) recordLeft(ctx context.Context, row Row) (rec record.Record, lost, err error) {
	rec, err = s.records.get(ctx, row.Run)
	if !errors.Is(err, events.ErrNotFound) && !errors.Is(err, errUnreadable) {
		return rec, nil, err
	}
	lost, rec = fmt.Errorf("the record of the run is lost: %w", err), s.blank(row)
	rec.AddNote(s.deps.Now(), lost.Error())
	doc, err := spec.Parse(row.Request.Spec)
	if err != nil || row.Phase == record.PhaseJudging {
		return rec, lost, nil
	}
	rec.Experiment, rec.Steps = doc.WithDefaults(), steps(row.Run, doc.Spec.Method)
	for i := range rec.Steps[:min(row.Step+1, len(rec.Steps))] {
		rec.Steps[i].Requested = row.Began
	}
	return rec, lost, nil
}

// endLeft is why a run that was being judged ended. Without its record it has no evidence.
func endLeft(row Row, lost error) verdict.Ending {
	switch {
	case row.End != (verdict.Ending{}):
		return row.End
	case row.Unstored != "":
		return unstored(row)
	case lost != nil:
		return verdict.Ending{Unknown: lost.Error(), Advice: "shakedown doctor"}
	}
	return verdict.Ending{}
}
