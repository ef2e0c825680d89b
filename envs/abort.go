package envs

import (
	"context"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// aborts says whether the request ends the runs that it finds, and does not only wait for
// them.
func (r request) aborts() bool {
	return r.Document != nil && r.Document.Spec.Chaos.OnDeploy == OnDeployAbort
}

// interfere rejects a deploy that may not change the environment: it waits for nothing. One
// whose document says so asks that the runs end, if it changes more than notes.
func (s *Service) interfere(ctx context.Context, asked row, runs []openRun) (outcome, error) {
	if asked.Body.Document == nil {
		return outcome{}, nil
	}
	now, err := s.observe(ctx, asked.ID)
	if err != nil || now.Terminating {
		return outcome{}, err
	}
	from, plan, err := s.planned(asked, now, s.created(now))
	if err != nil {
		return rejected(asked.ID, from, err), nil
	}
	fills := asked.Body.Document.Spec.Seed != "" && from.Seeded == ""
	if asked.Body.aborts() && (fills || plan.disturbs()) {
		s.abort(ctx, asked, runs)
	}
	return outcome{}, nil
}

// abort asks that the runs end, and notes with each what has become of that. Whatever it
// is, the request goes on waiting: only a run that has ended breaks nothing any more.
func (s *Service) abort(ctx context.Context, asked row, runs []openRun) {
	ctx, cancel := context.WithTimeout(ctx, runsTime)
	defer cancel()
	for i, r := range runs {
		if r.id == "" {
			runs[i].abort = "not aborted"
			continue
		}
		_, err := events.RunAbortCall.Ask(ctx, s.deps.Caller, s.deps.Stamp.First(asked.ID),
			events.RunAbort{Run: r.id, Environment: asked.ID, Reason: abortReason(asked)})
		runs[i].abort = "asked to abort"
		if err != nil {
			runs[i].abort = "not aborted: " + err.Error()
		}
	}
}

// abortReason is what the verdict of an aborted run says. It names the build, if one asks.
func abortReason(asked row) string {
	from, by := asked.Body.Origin, "by hand"
	var build []string
	for _, part := range []struct{ what, name string }{{"revision ", from.Revision}, {"project ", from.Project}} {
		if part.name != "" {
			build = append(build, part.what+part.name)
		}
	}
	if len(build) > 0 {
		by = "by a build: " + strings.Join(build, " of ")
	}
	return "environment " + asked.ID + " is deployed " + by + ", with spec.chaos.onDeploy: " + OnDeployAbort
}
