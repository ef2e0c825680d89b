package apply

import (
	"context"
	"encoding/json"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/env"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events"
)

// ready is the phase of an environment that is as it should be.
const ready = "ready"

func compareEnvironment(ctx context.Context, t *target, d spec.Document) (state, error) {
	raw, err := json.Marshal(d.Value)
	if err != nil {
		return state{}, err
	}
	s, err := t.session(ctx)
	if err != nil {
		return state{}, err
	}
	answer, err := kit.Ask(ctx, s, events.EnvironmentDiffCall, events.EnvironmentDiff{Name: d.Name, Spec: raw})
	if no := refusal(err); no != nil {
		return state{refused: no}, nil
	}
	if err != nil || !answer.Exists || len(answer.Changes) > 0 {
		return state{exists: answer.Exists, changes: answer.Changes, waiting: answer.Waiting}, err
	}
	now, err := hasEnvironment(ctx, t, d)
	now.waiting = answer.Waiting
	return now, err
}

// hasEnvironment also says why one is not ready.
func hasEnvironment(ctx context.Context, t *target, d spec.Document) (state, error) {
	s, err := t.session(ctx)
	if err != nil {
		return state{}, err
	}
	answer, err := kit.Ask(ctx, s, events.EnvironmentShowCall, events.EnvironmentQuery{Name: d.Name})
	if events.KindOf(err) == events.KindNotFound {
		return state{}, nil
	}
	now := state{exists: err == nil}
	if e := answer.Environment; e.Phase != ready {
		now.unready = "it is as the document says, and " + e.Phase
		if e.Problem != "" {
			now.unready += ": " + e.Problem
		}
	}
	return now, err
}

func applyEnvironment(ctx context.Context, t *target, d spec.Document) (Outcome, error) {
	raw, err := json.Marshal(d.Value)
	if err != nil {
		return Failed, err
	}
	s, err := t.session(ctx)
	if err != nil {
		return Failed, err
	}
	if document, ok := d.Value.(interface{ Notes() []string }); ok {
		env.SayNotes(t.d, document)
	}
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	_, err = env.Create(ctx, t.d, s, events.EnvironmentCreate{Name: d.Name, Spec: raw}, t.wait)
	return t.outcome(), err
}

func removeEnvironment(ctx context.Context, t *target, d spec.Document) (Outcome, error) {
	s, err := t.session(ctx)
	if err != nil {
		return Failed, err
	}
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	return t.outcome(), env.Remove(ctx, t.d, s, events.EnvironmentDestroy{Name: d.Name, Reason: "asked"}, t.wait)
}
