package envs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// reasonSeed is why an environment whose components run is not ready.
const reasonSeed = "SeedFailed"

// seededBy is the mark that says by which copy the namespace was filled, "" when
// it was not, or by a DataCopy of another name.
func seededBy(d Document, now Current) string {
	if now.Namespace == nil || d.Spec.Seed == "" {
		return ""
	}
	mark := now.Namespace.Annotations[AnnotationSeeded]
	if name, _, _ := strings.Cut(mark, "/"); name != d.Spec.Seed {
		return ""
	}
	return mark
}

// fill asks for the copy that fills the environment, by environment.provisioned,
// and waits until it has ended. Worked on again after a crash it finds the copy
// that it asked for, and its end if that has come meanwhile.
func (s *Service) fill(ctx context.Context, c *claim, seed string, e events.Environment, p *progress) (seedEnd, error) {
	e.Seed = seed
	if _, err := c.Update(ctx, func(r *row) error { return s.postProvisioned(r, e) }); err != nil {
		return seedEnd{}, err
	}
	if err := c.Flush(ctx); err != nil {
		return seedEnd{}, err
	}
	p.step("seed", "waiting for DataCopy "+seed)
	return awaitSeed(ctx, c, s.deps.Config.SeedDeadline)
}

// awaitSeed waits until the end of the copy is in the row.
func awaitSeed(ctx context.Context, c *claim, limit time.Duration) (seedEnd, error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		if end := c.Row().Body.Seed; end != nil {
			return *end, nil
		}
		select {
		case <-ctx.Done():
			return seedEnd{}, context.Cause(ctx)
		case <-timer.C:
			return seedEnd{Problem: fmt.Sprintf("no end within %s; is datamove running?", limit)}, nil
		case <-c.Changed():
			if _, err := c.Refresh(ctx); err != nil {
				return seedEnd{}, err
			}
		}
	}
}

func seedFailure(name, seed string, end seedEnd) outcome {
	if end.Problem == "" {
		return outcome{}
	}
	return outcome{failed: &events.EnvironmentFailed{
		Name: name, Reason: reasonSeed, Message: "DataCopy " + seed + ": " + end.Problem,
	}}
}

// onCopyFinished notes how the copy ended that an environment waits for.
func (s *Service) onCopyFinished(ctx context.Context, q *queue, m events.Meta, e events.CopyFinished) error {
	end := seedEnd{Copy: e.ID}
	if e.Verdict != "equal" {
		end.Problem = e.Verdict + ": " + e.Reason
	}
	return s.onSeedEnd(ctx, q, m, e.Environment, e.Provisioned, end)
}

// onCopyRefused is like onCopyFinished.
func (s *Service) onCopyRefused(ctx context.Context, q *queue, m events.Meta, e events.CopyRefused) error {
	return s.onSeedEnd(ctx, q, m, e.Environment, e.Provisioned, seedEnd{Copy: e.ID, Problem: "refused: " + e.Reason})
}

// errOther says that the request in work has not asked for the copy.
var errOther = errors.New("the copy is not the one that the request waits for")

// onSeedEnd puts the end of a copy into the request that asked for it. The end of
// any other is of no interest: of one that a person asked for, or of one whose
// request is done or was superseded.
func (s *Service) onSeedEnd(ctx context.Context, q *queue, m events.Meta, environment, provisioned string, end seedEnd) error {
	if environment == "" || provisioned == "" {
		return nil
	}
	_, err := q.Modify(ctx, environment, func(r *request) error {
		if r.Provisioned != provisioned {
			return errOther
		}
		r.Seed = &end
		return nil
	})
	switch {
	case errors.Is(err, errOther), errors.Is(err, events.ErrNotFound):
		return nil
	case err == nil:
		s.deps.Log.Info("seed ended", "env", environment, "run", end.Copy, "event_id", m.ID, "problem", end.Problem)
	}
	return err
}
