package env

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

// followCreate shows the progress of a create until the environment is ready or failed.
func followCreate(
	ctx context.Context, d *kit.Deps, s *kit.Session, name, correlation string, publish func(context.Context) error,
) (events.EnvironmentReady, error) {
	p := d.Progress()
	p.Step("environment " + name)
	var ready events.EnvironmentReady
	next := kit.Onward{What: "environment " + name, Follow: "shakedown env show " + name, End: "shakedown env destroy " + name}
	err := follow(ctx, s, correlation, next, publish, func(e events.Envelope) (bool, error) {
		if e.Type != events.EnvironmentReadyTopic.Type() {
			return observe(e, p)
		}
		var err error
		_, ready, err = events.EnvironmentReadyTopic.Parse(e)
		return true, err
	})
	p.Done(err)
	return ready, err
}

// followDestroy shows the progress of a destroy until the environment is gone.
func followDestroy(
	ctx context.Context, d *kit.Deps, s *kit.Session, name, correlation string, publish func(context.Context) error,
) error {
	p := d.Progress()
	p.Step("destroy environment " + name)
	next := kit.Onward{What: "the end of environment " + name, Follow: "shakedown env show " + name}
	err := follow(ctx, s, correlation, next, publish, func(e events.Envelope) (bool, error) {
		if e.Type == events.EnvironmentDestroyedTopic.Type() {
			return true, nil
		}
		return observe(e, p)
	})
	p.Done(err)
	return err
}

// follow publishes and watches until see ends it. An interruption says what was seen last.
func follow(
	ctx context.Context, s *kit.Session, correlation string, next kit.Onward, publish func(context.Context) error,
	see func(events.Envelope) (bool, error),
) error {
	var outcome error
	last := ""
	err := s.Follow(ctx, correlation, next, publish, func(e events.Envelope) (done bool) {
		if _, progressed, err := events.EnvironmentProgressedTopic.Parse(e); err == nil {
			last = progressText(progressed)
		}
		done, outcome = see(e)
		return done
	})
	if interrupted, ok := errors.AsType[kit.Interrupted](err); ok {
		interrupted.Seen = last
		err = interrupted
	}
	return errors.Join(err, outcome)
}

// observe shows progress, and ends with the error of an event that means one.
func observe(e events.Envelope, p *kit.Progress) (bool, error) {
	switch e.Type {
	case events.EnvironmentProgressedTopic.Type():
		_, progressed, err := events.EnvironmentProgressedTopic.Parse(e)
		if err != nil {
			return true, err
		}
		p.Note(progressText(progressed))
		err = superseded(progressed)
		return err != nil, err
	case events.EnvironmentFailedTopic.Type():
		_, failed, err := events.EnvironmentFailedTopic.Parse(e)
		if err != nil {
			return true, err
		}
		return true, events.Errorf(events.KindInternal, failedHint(failed),
			"environment %s did not become ready: %s", failed.Name, failed.Message)
	case events.EnvironmentRejectedTopic.Type():
		_, rejected, err := events.EnvironmentRejectedTopic.Parse(e)
		if err != nil {
			return true, err
		}
		return true, events.Errorf(rejected.Kind, rejected.Advice, "environment %s was rejected: %s", rejected.Name, rejected.Reason)
	default:
		return false, nil
	}
}

func failedHint(failed events.EnvironmentFailed) string {
	still := ""
	if len(failed.Serving) > 0 {
		still = "the version before still serves in " + strings.Join(failed.Serving, ", ") + "; "
	}
	return fmt.Sprintf("%skubectl -n %s get pods; shakedown env destroy %s removes it", still, failed.Name, failed.Name)
}

// superseded is the error of a request that a newer one has replaced.
func superseded(e events.EnvironmentProgressed) error {
	if e.Step != events.StepSuperseded {
		return nil
	}
	return events.Errorf(events.KindRefused, "shakedown env show "+e.Name,
		"environment %s: %s", e.Name, e.Message)
}

func progressText(e events.EnvironmentProgressed) string {
	text := e.Step
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.Total > 0 {
		text += fmt.Sprintf(" (%d of %d)", e.Done, e.Total)
	}
	return text
}
