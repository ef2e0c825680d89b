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
	if errors.Is(err, events.ErrUnanswered) {
		runs, err = s.unansweredRuns(asked.Body)
	}
	if err != nil {
		return outcome{}, err
	}
	if len(runs) == 0 {
		return outcome{}, s.setWaits(ctx, c, time.Time{})
	}
	if asked.Body.Document == nil && asked.Body.Ends == "" {
		return rejected(asked.ID, Origin{}, events.Errorf(events.KindRefused, forceHint(asked.ID), "%s", brokenBy(asked.ID, runs))), nil
	}
	if o, err := s.interfere(ctx, asked, runs); err != nil || o != (outcome{}) {
		return o, err
	}
	return s.awaitRuns(ctx, c, p, brokenBy(asked.ID, runs))
}

func brokenBy(environment string, runs []openRun) string {
	var all []string
	for _, r := range runs {
		all = append(all, r.String())
	}
	return fmt.Sprintf("environment %s is being broken by %s", environment, strings.Join(all, ", "))
}

func forceHint(environment string) string {
	return "wait until it has ended, or: shakedown env destroy " + environment + " --force"
}

// awaitRuns puts the request off, for Config.RunsDeadline at most. An environment whose time
// is over waits on: nobody would ask again.
func (s *Service) awaitRuns(ctx context.Context, c *claim, p *progress, text string) (outcome, error) {
	now, limit := s.deps.Stamp.Now(), s.deps.Config.RunsDeadline
	since := c.Row().Body.Waits
	if since.IsZero() {
		since = now
	}
	if err := s.setWaits(ctx, c, since); err != nil {
		return outcome{}, err
	}
	asked := c.Row()
	if asked.Body.Ends == "" && now.Sub(since) > limit {
		return rejected(asked.ID, asked.Body.Origin, events.Errorf(events.KindRefused,
			"ask again when the runs have ended: shakedown experiment list; with spec.chaos.onDeploy: abort a deploy goes first", "%s, for longer than %s", text, limit)), nil
	}
	p.step(stepRuns, "waiting: "+text)
	return outcome{}, fmt.Errorf("%s: %w", text, work.ErrNotYet)
}

// setWaits notes since when the request waits, zero for not.
func (s *Service) setWaits(ctx context.Context, c *claim, since time.Time) error {
	if c.Row().Body.Waits.Equal(since) {
		return nil
	}
	_, err := c.Update(ctx, func(r *row) error { r.Body.Waits = since; return nil })
	return err
}

// openRun is a run that breaks the environment, or waits to.
type openRun struct {
	// id is "" for one of which only text is known.
	id, text string
	// abort is what has become of the request that it aborts, "" where none was made.
	abort string
}

func (r openRun) String() string {
	text := r.text
	if r.id != "" {
		text = "run " + r.id
	}
	if r.abort != "" {
		text += " (" + r.abort + ")"
	}
	return text
}

// unansweredRuns are the runs where nobody answers for them: none where no experiments run.
// For a request that was told of one, those who knew of it are being started again. Errors:
// work.ErrNotYet while the experiments of this server start or end.
func (s *Service) unansweredRuns(asked request) ([]openRun, error) {
	switch {
	case !asked.Waits.IsZero():
		return []openRun{{text: "a run that nobody answers for now"}}, nil
	case s.deps.Config.Runs:
		return nil, fmt.Errorf("experiments do not answer for their runs: %w", work.ErrNotYet)
	}
	return nil, nil
}

// runsIn are the runs that have not ended in the environment. Errors: one that matches
// events.ErrUnanswered where nobody answers for runs.
func (s *Service) runsIn(ctx context.Context, name string) ([]openRun, error) {
	ctx, cancel := context.WithTimeout(ctx, runsTime)
	defer cancel()
	answer, err := events.RunListCall.Ask(ctx, s.deps.Caller, s.deps.Stamp.First(name), events.RunsQuery{Environment: name, Open: true})
	if err != nil {
		return nil, fmt.Errorf("ask which runs break environment %s: %w", name, err)
	}
	var runs []openRun
	for _, r := range answer.Runs {
		runs = append(runs, openRun{id: r.Run})
	}
	if answer.Problem != "" {
		runs = append(runs, openRun{text: "a run that cannot be read (" + answer.Problem + ")"})
	}
	return runs, nil
}
