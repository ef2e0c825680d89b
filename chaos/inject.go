package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// inject brings a new fault into effect: look, decide, write down, watch, hit.
func (r *run) inject(ctx context.Context) error {
	req := r.entry.Request
	if problems := r.problems(req); len(problems) > 0 {
		return r.fail(ctx, "bad request: "+strings.ReplaceAll(problems.Error(), "\n", "; "))
	}
	e, planned, err := r.look(ctx)
	if err != nil {
		return r.fail(ctx, fmt.Sprintf("look at namespace %s: %v", req.Namespace, err))
	}
	decisions := judge(e)
	r.entry.Decisions = decisions
	if refused := refusals(decisions); len(refused) > 0 {
		return r.refuse(ctx, reasonOf(refused), refused[0].Advice)
	}
	if planned != nil {
		return r.fail(ctx, planned.Error())
	}
	stream, err := r.follow(ctx, e.Survey)
	if err != nil {
		return r.fail(ctx, fmt.Sprintf("watch namespace %s: %v", req.Namespace, err))
	}
	defer stream.stop()
	if err := r.commit(ctx, e); err != nil {
		return err
	}
	if why := r.overtaken(ctx, e.Victims); why != "" {
		return r.refuse(ctx, why, "start the run again")
	}
	if err := r.strikeAll(ctx); err != nil || r.entry.State == StateClosed {
		return err
	}
	return r.recover(ctx, stream)
}

func (r *run) problems(req events.FaultInject) events.Problems {
	problems := check(req)
	if _, ok := r.faults[req.Kind]; !ok {
		problems = append(problems, events.Problem{Key: "kind", Message: fmt.Sprintf("there is no fault %q", req.Kind)})
	}
	return problems
}

// look surveys the target and draws the victims. A draw that cannot be made
// comes back apart, for the guards of the namespace are asked all the same.
func (r *run) look(ctx context.Context) (e Evidence, planned, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.Config.InjectTimeout)
	defer cancel()
	req := r.entry.Request
	survey, err := r.Cluster.Survey(ctx, req.Namespace, req.Target.Labels)
	if err != nil {
		return e, nil, err
	}
	r.entry.Seed = req.Seed
	if r.entry.Seed == 0 {
		r.entry.Seed = r.Seed()
	}
	victims, planned := Choose(survey, req.Target, r.entry.Seed)
	stop, err := r.stopState(ctx)
	if err != nil {
		return e, nil, err
	}
	others, err := r.ledger.unfinished(ctx)
	if err != nil {
		return e, nil, err
	}
	return Evidence{
		Request: req, Survey: survey, Victims: victims, Stop: stop, Others: openOnly(others),
		Allowed: r.Config.AllowedNamespaces, Now: r.now(),
	}, planned, nil
}

func openOnly(entries []Entry) []Entry {
	var open []Entry
	for _, e := range entries {
		if e.State != StateClosed {
			open = append(open, e)
		}
	}
	return open
}

// commit writes victims and undo to the ledger. From then on kills may be sent.
func (r *run) commit(ctx context.Context, e Evidence) error {
	seed, decisions := r.entry.Seed, r.entry.Decisions
	err := r.persist(ctx, func(row *Entry) {
		row.State, row.Seed, row.Decisions = StateInjecting, seed, decisions
		row.Victims, row.Known = nil, nil
		for _, p := range e.Victims {
			row.Victims = append(row.Victims, Victim{Victim: p.victim(), OwnerRef: p.Owner})
		}
		row.Known = knownOf(e)
		row.Undo = r.faults[row.Request.Kind].Undo(row.order(row.chosen()))
	})
	r.Checkpoint("injecting")
	return err
}

// knownOf lists the pods that the victims' owners have before the kill.
func knownOf(e Evidence) []string {
	var known []string
	owners := ownersOf(e.Victims)
	for _, p := range e.Survey.Pods {
		for _, o := range owners {
			if p.Owner.UID == o.UID {
				known = append(known, p.UID)
			}
		}
	}
	return known
}

// overtaken looks once more, after the victims are written: two faults that
// chose the same target at the same moment see each other here at the latest,
// and a stop that was pulled meanwhile is in the entry.
func (r *run) overtaken(ctx context.Context, victims []Pod) string {
	if r.entry.EndAsked != "" {
		return r.entry.EndAsked
	}
	others, err := r.ledger.unfinished(ctx)
	if err != nil {
		return fmt.Sprintf("guard %s: the ledger could not be read: %v", GuardNoOtherRun, err)
	}
	d := noOtherRun(Evidence{Request: r.entry.Request, Victims: victims, Others: openOnly(others)})
	if d.Allowed {
		return ""
	}
	return "guard " + GuardNoOtherRun + ": " + d.Seen
}

// strikeAll hits the victims one after the other, up to the first that cannot be
// hit, and writes down how it went.
func (r *run) strikeAll(ctx context.Context) error {
	failed := ""
	for i := range r.entry.Victims {
		var err error
		if failed, err = r.strike(ctx, i); err != nil {
			return err
		}
		if failed != "" {
			break
		}
	}
	switch {
	case failed == "":
		return r.injected(ctx)
	case r.entry.EndAsked != "" && r.untouched():
		return r.refuse(ctx, r.entry.EndAsked, "")
	}
	if err := r.observe(ctx); err != nil {
		return err
	}
	return r.injectionFailed(ctx, failed)
}

// untouched says that no kill was sent.
func (r *run) untouched() bool {
	return !slices.ContainsFunc(r.entry.Victims, func(v Victim) bool { return !v.Sent.IsZero() })
}

// strike hits one victim: the attempt is written down before, the answer after.
func (r *run) strike(ctx context.Context, i int) (failed string, err error) {
	v := r.entry.Victims[i].Victim
	if err := r.persist(ctx, func(e *Entry) {
		if e.EndAsked == "" {
			e.Victims[i].Sent = r.now()
		}
	}); err != nil {
		return "", err
	}
	r.Checkpoint("striking")
	if r.entry.EndAsked != "" {
		return "ended before pod " + v.Name + " was killed: " + r.entry.EndAsked, nil
	}
	hit := r.hit(ctx, v)
	at := r.now()
	r.Checkpoint("struck")
	err = r.persist(ctx, func(e *Entry) {
		if hit == nil {
			r.accept(e, i, at, time.Time{})
			return
		}
		e.Victims[i].Problem = hit.Error()
	})
	r.Checkpoint("recorded")
	if hit != nil {
		failed = fmt.Sprintf("kill pod %s/%s: %v", v.Namespace, v.Name, hit)
	}
	return failed, err
}

// hit sends one kill, which must be answered while the lease is surely ours.
func (r *run) hit(ctx context.Context, v events.Victim) error {
	ctx, cancel := context.WithTimeout(ctx, min(r.Config.InjectTimeout, r.Config.Lease*2/3))
	defer cancel()
	return r.faults[r.entry.Request.Kind].Inject(ctx, r.entry.order(r.entry.chosen()), v)
}

// accept notes an accepted kill within a change; since is set when it is only
// known that it happened between the two times.
func (r *run) accept(e *Entry, i int, at, since time.Time) {
	v := &e.Victims[i]
	v.Hit, v.Problem = true, ""
	r.note(e, events.RecoveryMarked{
		Fault: e.Fault, Run: e.Request.Run, Victim: v.UID, Mark: events.MarkKillAccepted,
		Object: v.Name, Node: v.Node, At: at, Since: since,
	})
}

// note adds a mark and its event within a change.
func (r *run) note(e *Entry, m events.RecoveryMarked) {
	e.Marks = append(e.Marks, m)
	post(r, e, m.Victim+"/"+m.Mark, events.RecoveryMarkedTopic, m)
}

// observe finds out what became of kills whose answer is not known: a pod that
// is going or gone was hit, one that lives on was not.
func (r *run) observe(ctx context.Context) error {
	unknown := r.unanswered()
	if len(unknown) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.Config.InjectTimeout)
	defer cancel()
	survey, err := r.Cluster.Survey(ctx, r.entry.Request.Namespace, r.entry.Request.Target.Labels)
	if err != nil && !errors.Is(err, ErrGone) {
		return fmt.Errorf("look what became of the victims of fault %s: %w", r.entry.Fault, err)
	}
	now := r.now()
	return r.persist(ctx, func(e *Entry) {
		for _, i := range unknown {
			if p, there := survey.pod(e.Victims[i].UID); !there || p.Terminating {
				r.accept(e, i, now, e.Victims[i].Sent)
			} else if e.Victims[i].Problem == "" {
				e.Victims[i].Problem = "it lives on"
			}
		}
	})
}

// unanswered are the victims whose kill was sent with no answer that tells.
// Refusals by the API server, and pods that were going anyway, are answers.
func (r *run) unanswered() []int {
	var unknown []int
	for i, v := range r.entry.Victims {
		if !v.Sent.IsZero() && !v.Hit && !finalAnswer(v.Problem) {
			unknown = append(unknown, i)
		}
	}
	return unknown
}

// finalAnswer says whether a recorded problem is one of the final errors.
func finalAnswer(problem string) bool {
	for _, final := range []error{ErrGone, ErrTerminating, ErrForbidden} {
		if strings.Contains(problem, final.Error()) {
			return true
		}
	}
	return false
}

// reasonOf names each guard that refused, with what it saw.
func reasonOf(refused []events.GuardDecision) string {
	parts := make([]string, 0, len(refused))
	for _, d := range refused {
		parts = append(parts, "guard "+d.Guard+": "+d.Seen)
	}
	return strings.Join(parts, "; ")
}
