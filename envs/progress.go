package envs

import (
	"context"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// publishTime bounds the publishing of one piece of progress, also after the work
// was cancelled.
const publishTime = 5 * time.Second

// superseded posts, with a later request, what became of the earlier one. Errors:
// *othersError, and errBusy for one that comes because the time is over.
func (s *Service) superseded(old row, next *row) error {
	if err := mayFollow(old, next.Body); err != nil {
		return err
	}
	if next.Body.Ends != "" {
		return errBusy
	}
	if since := old.Body.Waits; !since.IsZero() && next.Body.verb() == verbDestroy && !next.Body.Force {
		return events.Errorf(events.KindRefused, forceHint(old.ID),
			"environment %s is being broken by a run, for the end of which a request waits since %s", old.ID, endText(since))
	}
	next.Body.Deleted = old.Body.deletes()
	meta := s.deps.Stamp.After(old.Asked, events.StepSuperseded+"/"+next.Asked.ID)
	return work.Post(next, events.EnvironmentProgressedTopic, meta, events.EnvironmentProgressed{
		Name: old.ID, Step: events.StepSuperseded, Message: "a later request for the environment is worked on instead",
	})
}

// progress reports how far a request has come, off the way of the work: every step,
// and of the counts within a step the newest every so often.
type progress struct {
	name     string
	reporter *work.Reporter[events.EnvironmentProgressed]
	now      func() time.Time
	// began is when the attempt began, moved when it came further last.
	began, moved time.Time
}

func (s *Service) newProgress(ctx context.Context, r row) *progress {
	ctx = context.WithoutCancel(ctx)
	publish := func(p events.EnvironmentProgressed) { s.publishProgress(ctx, r, p) }
	began := s.deps.Stamp.Now()
	return &progress{
		name: r.ID, reporter: work.NewReporter(s.deps.Config.ProgressEvery, publish), now: s.deps.Stamp.Now, began: began, moved: began,
	}
}

// publishProgress publishes one piece of progress. It is not worth another try.
func (s *Service) publishProgress(ctx context.Context, r row, p events.EnvironmentProgressed) {
	ctx, cancel := context.WithTimeout(ctx, publishTime)
	defer cancel()
	part := fmt.Sprint("progress/", p.Step, "/", p.Message, "/", p.Done, "/", p.Total)
	if err := events.EnvironmentProgressedTopic.Publish(ctx, s.deps.Bus, s.deps.Stamp.After(r.Asked, part), p); err != nil {
		s.deps.Log.Debug("progress was not published", "env", r.ID, "error", err)
	}
}

// step reports that a step begins.
func (p *progress) step(step, message string) { p.count(step, message, 0, 0) }

// advanced notes that the attempt has come further, without a word about it.
func (p *progress) advanced() { p.moved = p.now() }

// count reports how far a step has come.
func (p *progress) count(step, message string, done, total int) {
	p.advanced()
	p.reporter.Report(step, events.EnvironmentProgressed{Name: p.name, Step: step, Message: message, Done: done, Total: total})
}

// wait reports how far the Deployments are, and why they are no further.
func (p *progress) wait(seen Snapshot) {
	done, total, message := rollout(seen.Deployments)
	if found := Diagnose(seen, p.now()); message != "" && len(found) > 0 && found[0].class != classHeld {
		message += "; " + found[0].String()
	}
	p.count("wait", message, done, total)
}

// close publishes what is pending.
func (p *progress) close() { p.reporter.Close() }
