package chaos

import (
	"context"
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// onPlan says what a fault would do now. It goes the way of begin up to the point where
// something would be written: the kind surveys, draws and is asked for its calls, and all
// guards decide.
func (e *engine) onPlan(ctx context.Context, req events.FaultInject) (events.FaultPlan, error) {
	req = withGrace(req)
	if problems := check(req, e.kinds); len(problems) > 0 {
		return events.FaultPlan{}, events.Errorf(events.KindInvalid, "shakedown experiment validate FILE",
			"the fault is not valid: %s", strings.ReplaceAll(problems.Error(), "\n", "; "))
	}
	kind, seed := e.kinds[req.Kind], req.Seed
	if seed == 0 {
		seed = e.deps.Seed()
	}
	plan := events.FaultPlan{Kind: req.Kind, Seed: seed}
	survey, err := e.survey(ctx, kind, req, seed)
	if err != nil {
		plan.Problem = fmt.Sprintf("survey the target%s: %v", inNamespace(req), err)
		return plan, nil
	}
	victims, unmet := survey.Victims()
	if plan.Decisions, err = e.decide(ctx, req, survey, victims); err != nil {
		return plan, err
	}
	if unmet != nil {
		plan.Problem = unmet.Error()
		return plan, nil
	}
	order := Order{Request: req, Victims: victims, Seed: seed, Kept: survey.Kept()}
	plan.Writes, plan.Undo = kind.Writes(order), kind.Undo(order)
	for _, v := range victims {
		plan.Victims = append(plan.Victims, v.Victim)
	}
	return plan, nil
}
