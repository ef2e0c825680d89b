package experiments

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/verdict"
)

// conclude gives the verdict: once, stored before it is published.
func (s *Service) conclude(ctx context.Context, c *work.Claim[Row], st *state) error {
	stored, err := s.judge(ctx, c, st, s.compare(ctx, st))
	if err != nil {
		return err
	}
	s.checkpoint("verdict stored")
	sum := s.summary(st.rec, stored)
	_, err = c.Update(ctx, func(r *work.Row[Row]) error {
		r.Body.Finished = &sum
		return work.Post(r, events.RunFinishedTopic, s.about(st, "finished"), events.RunFinished{RunSummary: sum})
	})
	if err != nil {
		return err
	}
	s.recent.add(sum)
	if err := c.Flush(ctx); err != nil {
		return err
	}
	s.checkpoint("verdict published")
	if err := c.End(ctx, nil); err != nil {
		return err
	}
	s.metrics.finished(st.rec)
	s.log.InfoContext(ctx, "run finished", "run", st.row.Run, "env", sum.Environment, "experiment", sum.Experiment,
		"verdict", sum.Verdict, "reason", sum.Reason)
	s.checkpoint("run settled")
	return nil
}

// judge fills in the verdict and stores the record with it, sealed. Evidence that nobody will
// be able to read is none; neither is what was read while something unknown may have changed.
func (s *Service) judge(ctx context.Context, c *work.Claim[Row], st *state, unknown string) (stored bool, err error) {
	if st.rec.Verdict.Word != "" {
		return true, nil
	}
	end := st.row.End
	end.Unproven = unknown
	verdict.Conclude(&st.rec, end, st.rec.Settle(s.deps.Now()), s.deps.Probes.Advise)
	if err = s.seal(ctx, c, st); errors.Is(err, errUnstored) {
		st.rec.Verdict, st.rec.Chain = unrecorded(st.rec.Verdict, err), nil
		return false, nil
	}
	return err == nil, err
}

// seal stores the record with its chain. Errors: errUnstored; any other means that the run
// goes to somebody else.
func (s *Service) seal(ctx context.Context, c *work.Claim[Row], st *state) error {
	if err := st.rec.Seal(); err != nil {
		return fmt.Errorf("%w: %w", errUnstored, err)
	}
	return s.keep(ctx, c, st.rec)
}

// unrecorded is the verdict of a run whose record could not be stored.
func unrecorded(v record.Verdict, why error) record.Verdict {
	switch {
	case v.Word == record.Passed:
		v.Word, v.Reason = record.Inconclusive, why.Error()
	case !strings.Contains(v.Reason, errUnstored.Error()):
		v.Reason += "; " + why.Error()
	}
	return v
}

// summary is a finished run in one line, with its report if there is one.
func (s *Service) summary(r record.Record, stored bool) events.RunSummary {
	sum := summarize(r)
	if s.deps.Report != nil && stored {
		sum.Report = s.deps.Report(r.Run)
	}
	return sum
}

// summarize is a finished run in one line.
func summarize(r record.Record) events.RunSummary {
	sum := events.RunSummary{
		Run: r.Run, Experiment: r.Name, Environment: r.Environment.Name, Namespace: r.Environment.Namespace,
		Phase: record.PhaseFinished, Verdict: string(r.Verdict.Word), Reason: r.Verdict.Reason, Advice: r.Verdict.Advice,
		Started: r.Started, Ended: r.Ended, Recovery: r.Summary.Recovery, Outage: r.Summary.Outage,
		RecoveryBounds: r.Summary.RecoveryBounds, OutageBounds: r.Summary.OutageBounds,
	}
	if r.Chain != nil {
		sum.Hash = r.Chain.Hash
	}
	if sum.Started.IsZero() {
		sum.Started = r.Queued
	}
	return sum
}
