package envs

import (
	"context"
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

// seed asks for the copy that fills the environment, waits until it has ended, and
// marks the namespace, so that a later request for the same environment does not
// fill it again. Worked on again after a crash it finds the copy that it asked for.
func (s *Service) seed(ctx context.Context, req request, o outcome, t *teller, mark func(seeded string) error) (outcome, error) {
	doc, err := Parse(req.Create.Spec)
	if err != nil {
		return outcome{}, err
	}
	cause := s.Stamp.After(req.Asked, "provisioned")
	asked := o.ready.Environment
	asked.Seed = doc.Spec.Seed
	if err := events.EnvironmentProvisionedTopic.Publish(ctx, s.Bus, cause, asked); err != nil {
		return outcome{}, err
	}
	t.step("seed", "waiting for DataCopy "+doc.Spec.Seed)
	id, problem, err := s.seeded(ctx, req, cause.ID)
	switch {
	case err != nil:
		return outcome{}, err
	case problem != "":
		return outcome{failed: &events.EnvironmentFailed{
			Name: req.Name, Reason: reasonSeed, Message: "DataCopy " + doc.Spec.Seed + ": " + problem,
		}}, nil
	}
	if err := mark(doc.Spec.Seed + "/" + id); err != nil {
		return outcome{}, err
	}
	o.ready.Took = events.Duration(max(0, s.Stamp.Now().Sub(req.Asked.Time)).Round(time.Millisecond))
	return o, nil
}

// seeded waits for the end of the copy that the event asked for. The problem is
// why the environment is not filled.
func (s *Service) seeded(ctx context.Context, req request, provisioned string) (id, problem string, err error) {
	wait, cancel := context.WithTimeout(ctx, s.Config.SeedDeadline)
	defer cancel()
	filter := events.Filter{
		Since: req.Asked.Time.Add(-time.Minute),
		Types: []string{events.CopyFinishedTopic.Type(), events.CopyRefusedTopic.Type()},
	}
	err = s.Bus.Watch(wait, filter, func(e events.Envelope) bool {
		id, problem = seedEnd(e, provisioned)
		return id == ""
	})
	switch {
	case err != nil:
		return "", "", fmt.Errorf("wait for the seed of environment %s: %w", req.Name, err)
	case ctx.Err() != nil:
		return "", "", ctx.Err()
	case id == "":
		return "", fmt.Sprintf("no end within %s; is datamove running?", s.Config.SeedDeadline), nil
	}
	return id, problem, nil
}

// seedEnd is the id of the copy, and the problem it had, when the event is the end
// of the copy that provisioned asked for.
func seedEnd(e events.Envelope, provisioned string) (id, problem string) {
	if _, f, err := events.CopyFinishedTopic.Parse(e); err == nil && f.Provisioned == provisioned {
		if f.Verdict != "equal" {
			problem = f.Verdict + ": " + f.Reason
		}
		return f.ID, problem
	}
	if _, r, err := events.CopyRefusedTopic.Parse(e); err == nil && r.Provisioned == provisioned {
		return r.ID, "refused: " + r.Reason
	}
	return "", ""
}
