package chaos

import (
	"context"
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// draft is what was found out about a fault before its victims were written down.
type draft struct {
	seed      uint64
	decisions []events.GuardDecision
}

// into notes the draft in the entry.
func (d draft) into(e *Entry) {
	if d.seed != 0 {
		e.Seed = d.seed
	}
	if d.decisions != nil {
		e.Decisions = d.decisions
	}
}

// begin brings a new fault into effect: survey, decide, write down, watch, inject.
func (e *engine) begin(ctx context.Context, c *claim) error {
	req := c.Row().Body.Request
	if problems := check(req, e.kinds); len(problems) > 0 {
		return e.fail(ctx, c, draft{}, "bad request: "+strings.ReplaceAll(problems.Error(), "\n", "; "))
	}
	kind, d := e.kinds[req.Kind], draft{seed: req.Seed}
	if d.seed == 0 {
		d.seed = e.deps.Seed()
	}
	survey, err := e.survey(ctx, kind, req, d.seed)
	if err != nil {
		return e.fail(ctx, c, d, fmt.Sprintf("survey the target%s: %v", inNamespace(req), err))
	}
	victims, planned := survey.Victims()
	if d.decisions, err = e.decide(ctx, req, survey, victims); err != nil {
		return e.fail(ctx, c, d, err.Error())
	}
	if refused := refusals(d.decisions); len(refused) > 0 {
		return e.refuse(ctx, c, d, reasonOf(refused), refused[0].Advice)
	}
	if planned != nil {
		return e.fail(ctx, c, d, planned.Error())
	}
	f, err := e.follow(ctx, survey.Follow)
	if err != nil {
		return e.fail(ctx, c, d, fmt.Sprintf("watch the target%s: %v", inNamespace(req), err))
	}
	defer f.Close()
	return e.carryOut(ctx, c, kind, survey, d, f)
}

// carryOut writes down what was decided, injects and watches the recovery.
func (e *engine) carryOut(ctx context.Context, c *claim, kind Kind, survey Survey, d draft, f Follower) error {
	if err := e.commit(ctx, c, kind, survey, d); err != nil {
		return err
	}
	if why := e.overtaken(ctx, c, survey); why != "" {
		return e.refuse(ctx, c, draft{}, why, "start the run again")
	}
	if err := e.injectAll(ctx, c, kind); err != nil || c.Row().Body.State == StateClosed {
		return err
	}
	return e.recover(ctx, c, kind, f)
}

// survey reads the target and draws the victims.
func (e *engine) survey(ctx context.Context, kind Kind, req events.FaultInject, seed uint64) (Survey, error) {
	ctx, cancel := context.WithTimeout(ctx, e.deps.Config.InjectTimeout)
	defer cancel()
	return kind.Survey(ctx, req, seed)
}

// decide asks all guards, those of the engine and those of the kind. Without
// victims the guards of the scopes are asked all the same.
func (e *engine) decide(ctx context.Context, req events.FaultInject, survey Survey, victims []Victim) ([]events.GuardDecision, error) {
	stop, err := e.stopState(ctx)
	if err != nil {
		return nil, err
	}
	others, problem, err := e.readable(ctx)
	if err != nil {
		return nil, err
	}
	arms, err := e.armed(ctx)
	if err != nil {
		return nil, err
	}
	decisions := decide(Evidence{
		Request: req, Scopes: survey.Scopes(), Victims: victims, Stop: stop, Others: others, Unread: problem,
		Installation: e.deps.Installation, Allowed: e.deps.Config.AllowedNamespaces, Arms: arms, Now: e.now(),
	})
	if len(victims) > 0 {
		decisions = append(decisions, survey.Decide(ordersBut(req.Fault, others))...)
	}
	return decisions, nil
}

// follow begins to watch the victims, within bounds.
func (e *engine) follow(ctx context.Context, begin func(context.Context) (Follower, error)) (Follower, error) {
	bounded, cancel := context.WithTimeout(ctx, e.deps.Config.InjectTimeout)
	defer cancel()
	f, err := begin(bounded)
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("the stream did not open within %s: %w", e.deps.Config.InjectTimeout, err)
	}
	return f, err
}

// commit writes victims and undo to the ledger. From then on injections may be sent.
func (e *engine) commit(ctx context.Context, c *claim, kind Kind, survey Survey, d draft) error {
	victims, err := survey.Victims()
	if err != nil {
		return err
	}
	err = update(ctx, c, func(entry *Entry) {
		d.into(entry)
		entry.State, entry.Victims, entry.Kept = StateInjecting, victims, survey.Kept()
		entry.Undo = kind.Undo(entry.order())
	})
	e.deps.Checkpoint("injecting")
	return err
}

// overtaken asks once more, after the victims are written: two faults that chose
// the same target at the same moment see each other here at the latest, and a stop
// that was pulled meanwhile is in the entry.
func (e *engine) overtaken(ctx context.Context, c *claim, survey Survey) string {
	entry := c.Row().Body
	if entry.EndAsked != "" {
		return entry.EndAsked
	}
	others, err := e.openFaults(ctx)
	if err != nil {
		return fmt.Sprintf("guard %s: the ledger could not be read: %v", GuardNoOtherRun, err)
	}
	d := noOtherRun(Evidence{Request: entry.Request, Victims: entry.Victims, Others: others})
	d.Guard = GuardNoOtherRun
	return reasonOf(refusals(append(survey.Decide(ordersBut(entry.Fault, others)), d)))
}

// reasonOf names each guard that refused, with what it saw.
func reasonOf(refused []events.GuardDecision) string {
	parts := make([]string, 0, len(refused))
	for _, d := range refused {
		parts = append(parts, "guard "+d.Guard+": "+d.Seen)
	}
	return strings.Join(parts, "; ")
}
