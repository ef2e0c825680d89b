package apply

import (
	"context"
	"encoding/json"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events"
)

// askSchedule asks the server to apply the schedule, or what that would change.
func askSchedule(ctx context.Context, t *target, d spec.Document, try bool) (events.ScheduleApplied, error) {
	var none events.ScheduleApplied
	documents, err := app.Schedules([]spec.Document{d})
	if err != nil {
		return none, err
	}
	raw, err := json.Marshal(documents[0])
	if err != nil {
		return none, err
	}
	s, err := t.session(ctx)
	if err != nil {
		return none, err
	}
	return kit.Ask(ctx, s, events.ScheduleApplyCall, events.ScheduleApply{Document: raw, By: t.d.User, Try: try})
}

func compareSchedule(ctx context.Context, t *target, d spec.Document) (state, error) {
	if s, err := t.session(ctx); err != nil || s.Local() {
		return state{refused: events.Errorf(events.KindRefused, "shakedown schedule next -f FILE shows what it would start",
			"schedule %s needs a server, which starts what it plans", d.Name)}, err
	}
	answer, err := askSchedule(ctx, t, d, true)
	if no := refusal(err); no != nil {
		return state{refused: no}, nil
	}
	now := state{exists: answer.Change != "created"}
	if answer.Change == "updated" {
		now.changes = []events.EnvironmentChange{{Verb: "update", Object: "schedule/" + d.Name}}
	}
	return now, err
}

func hasSchedule(ctx context.Context, t *target, d spec.Document) (state, error) {
	s, err := t.session(ctx)
	if err != nil {
		return state{}, err
	}
	_, err = kit.Ask(ctx, s, events.ScheduleShowCall, events.ScheduleQuery{Name: d.Name})
	if events.KindOf(err) == events.KindNotFound {
		return state{}, nil
	}
	return state{exists: err == nil}, err
}

func applySchedule(ctx context.Context, t *target, d spec.Document) (Outcome, error) {
	_, err := askSchedule(ctx, t, d, false)
	return Done, err
}

func removeSchedule(ctx context.Context, t *target, d spec.Document) (Outcome, error) {
	s, err := t.session(ctx)
	if err != nil {
		return Failed, err
	}
	_, err = kit.Ask(ctx, s, events.ScheduleDeleteCall, events.ScheduleQuery{Name: d.Name, By: t.d.User})
	return Done, err
}
