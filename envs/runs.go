package envs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// runsTime bounds the question which runs there are.
const runsTime = 10 * time.Second

// stepRuns is the step of environment.progressed that says that runs are waited for.
const stepRuns = "runs"

// undisturbed lets a request be worked on while no run of an experiment breaks the
// environment, or waits to. A destroy by hand is refused otherwise, which is the outcome;
// anything else waits, which is an error that matches work.ErrNotYet.
func (s *Service) undisturbed(ctx context.Context, c *claim, p *progress) (outcome, error) {
	asked := c.Row()
	if asked.Body.Force || asked.Body.Begun {
		return outcome{}, nil
	}
	runs, err := s.runsIn(ctx, asked.ID)
	if err != nil || len(runs) == 0 {
		return outcome{}, err
	}
	text := fmt.Sprintf("environment %s is being broken by %s", asked.ID, strings.Join(runs, ", "))
	if asked.Body.Document == nil && asked.Body.Ends == "" {
		return rejected(asked.ID, Origin{}, events.Errorf(events.KindRefused,
			"wait until it has ended, or: shakedown env destroy "+asked.ID+" --force", "%s", text)), nil
	}
	return s.awaitRuns(ctx, c, p, text)
}

// awaitRuns puts the request off, for Config.RunsDeadline at most.
func (s *Service) awaitRuns(ctx context.Context, c *claim, p *progress, text string) (outcome, error) {
	now, limit := s.deps.Stamp.Now(), s.deps.Config.RunsDeadline
	asked, err := c.Update(ctx, func(r *row) error {
		if r.Body.Waits.IsZero() {
			r.Body.Waits = now
		}
		return nil
	})
	switch {
	case err != nil:
		return outcome{}, err
	case now.Sub(asked.Body.Waits) > limit:
		return rejected(asked.ID, asked.Body.Origin, events.Errorf(events.KindRefused,
			"ask again when the runs have ended: shakedown experiment list", "%s, for longer than %s", text, limit)), nil
	}
	p.step(stepRuns, "waiting: "+text)
	return outcome{}, fmt.Errorf("%s: %w", text, work.ErrNotYet)
}

// runsIn are the runs that have not ended in the environment, as "run NAME". Where nobody
// answers for runs there are none.
func (s *Service) runsIn(ctx context.Context, name string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, runsTime)
	defer cancel()
	answer, err := events.RunListCall.Ask(ctx, s.deps.Caller, s.deps.Stamp.First(name), events.RunsQuery{Environment: name, Open: true})
	switch {
	case errors.Is(err, events.ErrUnanswered):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("ask which runs break environment %s: %w", name, err)
	}
	var runs []string
	for _, r := range answer.Runs {
		runs = append(runs, "run "+r.Run)
	}
	if answer.Problem != "" {
		runs = append(runs, "a run that cannot be read ("+answer.Problem+")")
	}
	return runs, nil
}
