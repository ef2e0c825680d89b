package datamove

import (
	"cmp"
	"context"
	"errors"

	"github.com/shakedown-dev/shakedown/events"
)

// handle copies and publishes how that ended. What fails and may be resumed is
// tried again here, as often as Config.Attempts: the state of a copy is in a folder
// of this server, so the request is not given back for another one to begin anew.
func (s *Service) handle(ctx context.Context, c *claim) error {
	if err := s.begin(ctx, c); err != nil {
		return err
	}
	p := s.newProgress(ctx, c.Row())
	o, err := s.outcome(ctx, c, p)
	p.close()
	if err != nil {
		return err
	}
	return s.end(ctx, c, o)
}

// begin notes which folder has the state of the copy.
func (s *Service) begin(ctx context.Context, c *claim) error {
	_, err := c.Update(ctx, func(r *row) error {
		r.Body = r.Body.begunBy(s.folder)
		return nil
	})
	return err
}

// leave notes that this server stops in mid-copy.
func (s *Service) leave(ctx context.Context, c *claim) error {
	if _, err := c.Update(ctx, func(r *row) error { r.Body.Left = s.deps.Stamp.Now(); return nil }); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// outcome tries until there is one, or ctx ends. A copy that was begun elsewhere may
// have changed the target, so it is never called refused.
func (s *Service) outcome(ctx context.Context, c *claim, p Progress) (outcome, error) {
	for {
		asked := c.Row()
		report, err := s.copy(ctx, asked.Body.Document, asked.ID, p)
		failed := asked.Body.Failed + 1
		switch {
		case ctx.Err() != nil:
			return outcome{}, s.leave(ctx, c)
		case report.Verdict == Refused && asked.Body.Elsewhere:
			report.Verdict = Incomplete
			report.Reason = "another server has begun it, and its state is there; begun anew it was stopped: " + report.Reason
			return finishedCopy(asked, report), nil
		case report.Verdict == Refused:
			err = cmp.Or(err, error(events.Errorf(events.KindRefused, "", "%s", report.Reason)))
			return refusedCopy(asked, err), nil
		case err == nil || failed >= s.deps.Config.Attempts || !resumable(err):
			return finishedCopy(asked, report), nil
		}
		s.deps.Log.Warn("copy is tried again", "run", asked.ID, "attempt", failed, "error", err)
		if _, err := c.Update(ctx, func(r *row) error { r.Body.Failed = failed; return nil }); err != nil {
			return outcome{}, err
		}
		events.Wait(ctx, s.deps.Config.Pause)
	}
}

// copy begins the run, resumes it, or finds that it has ended before that was
// published.
func (s *Service) copy(ctx context.Context, doc Document, id string, p Progress) (Report, error) {
	if r, ok := s.deps.Copier.Ended(id); ok {
		return r, nil
	}
	return s.deps.Copier.Copy(ctx, doc, CopyOptions{ID: id, Resume: s.deps.Copier.Knows(id)}, p)
}

// resumable says whether trying again may help.
func resumable(err error) bool {
	e, ok := errors.AsType[*events.Error](err)
	return !ok || e.Kind == events.KindUnavailable || e.Kind == events.KindPartial || e.Kind == events.KindInternal
}
