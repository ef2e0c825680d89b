package pod

import (
	"context"
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// GuardRestartable is a guard of restarts.
const GuardRestartable = "restartable"

// RestartName is the name of the fault that rolls a component out anew.
const RestartName = "rollout-restart"

// MarkRestartAccepted is the first mark of a restart.
const MarkRestartAccepted = "restart-accepted"

// Restarter rolls owners out anew.
type Restarter interface {
	// Restart writes the fault into the template of exactly that owner, as a mark that its
	// pods carry, and does nothing when it stands there. Errors: as Kill, and ErrChanged when
	// the owner is not at that generation any more.
	Restart(ctx context.Context, v events.Victim, fault string, generation int64) error
	// WatchOwner shows exactly that owner, and every change of it, until ctx ends; then it
	// returns nil. It calls opened once, when the owner was shown and the stream is open.
	// Errors: chaos.ErrForbidden.
	WatchOwner(ctx context.Context, namespace string, owner Ref, opened func(), show func(Change)) error
}

// restart rolls owners out anew, as "kubectl rollout restart" does it: by an annotation
// of the template. The annotation is our own, so that an environment is still known to
// run what it ran before.
type restart struct{ owning }

var _ chaos.Kind = restart{}

func newRestart(c ground) chaos.Kind {
	watched := func(since Survey, victims []events.Victim) []stream {
		all := []stream{watchOf(c, since)}
		for _, v := range victims {
			all = append(all, func(ctx context.Context, opened func(), show func(Change)) error {
				return c.WatchOwner(ctx, v.Namespace, refOf(v), opened, show)
			})
		}
		return all
	}
	k := restart{owning{cluster: c, begin: beginRestart, streams: watched, guards: restartGuards()}}
	k.about = chaos.Description{FaultKind: events.FaultKind{
		Name: RestartName, Victims: "components", Duration: events.DurationNone, Params: noParams().Schema(),
		Summary: "rolls Deployments, StatefulSets and DaemonSets out anew, as kubectl rollout restart does",
		Revert:  "nothing to undo: the rollout goes to its end, and the annotation that began it stays in the template",
		Guards:  chaos.GuardInfos(k.guards),
		Needs:   needs(changeOwners([]string{"get", "list", "watch", "patch"}, "Deployment", "StatefulSet", "DaemonSet")...),
		Marks: []events.FaultMark{
			{Name: MarkRestartAccepted, Role: events.RoleSent, Label: "Restart accepted by the API server"},
			{Name: MarkNewStarted, Role: events.RoleEffect, Label: "Pod of the new template started"},
			{Name: MarkRolledOut, Role: events.RoleHealed, Label: "Rollout complete"},
		},
	}}
	return k
}

// Survey reads the namespace and draws owners.
func (k restart) Survey(ctx context.Context, req events.FaultInject, seed uint64) (chaos.Survey, error) {
	a, err := k.aim(ctx, req, seed)
	if err != nil {
		return nil, err
	}
	return a, nil
}

// Undo says that there is nothing to undo.
func (restart) Undo(o chaos.Order) []string {
	steps := make([]string, 0, len(o.Victims))
	for _, v := range o.Victims {
		steps = append(steps, fmt.Sprintf("see the rollout of %s in namespace %s (uid %s) complete", v.Owner, v.Namespace, v.UID))
	}
	return steps
}

// Writes is one for each owner.
func (restart) Writes(o chaos.Order) []events.FaultWrite {
	calls := make([]events.FaultWrite, 0, len(o.Victims))
	for _, v := range o.Victims {
		calls = append(calls, patchOf(v.Victim, false, fmt.Sprintf(
			"set the annotation %s in the template of %s in namespace %s, if its uid is %s and its spec is as it was when the guards were asked",
			events.AnnotationRestart, v.Owner, v.Namespace, v.UID,
		)))
	}
	return calls
}

// Inject begins the rollout.
func (k restart) Inject(ctx context.Context, o chaos.Order, v events.Victim) error {
	before, err := keptOwnersOf(o)
	if err != nil {
		return chaos.Untouched(err)
	}
	return answer(k.cluster.Restart(ctx, v, o.Request.Fault, before.Owners[v.UID].Generation))
}

// Effect reads whether the template carries the fault.
func (k restart) Effect(ctx context.Context, o chaos.Order, v events.Victim) (in bool, seen string, err error) {
	s, err := k.cluster.Survey(ctx, o.Request.Namespace, o.Request.Target.Labels)
	if isGone(err) {
		return false, "its namespace is gone", nil
	}
	if err != nil {
		return false, "", err
	}
	if why, missing := s.gap(PartOwners); missing {
		return false, "", fmt.Errorf("%s", why)
	}
	return s.Owners[v.UID].Restart == o.Request.Fault, "its template does not carry the fault", nil
}

// Revert has nothing to do.
func (restart) Revert(context.Context, chaos.Order) ([]string, error) { return nil, nil }

// restartGuards are those of a restart. A rollout keeps to what the owner says of pods
// that may be missing, so neither replicas nor budgets are asked about.
func restartGuards() []guard {
	return append(ofRollouts(), guard{Name: GuardRestartable, Question: "does every owner roll out by itself, and keep a pod that serves meanwhile?", Decide: restartable})
}

func restartable(e evidence) events.GuardDecision {
	var seen []string
	for _, ref := range ownersOf(e.victims) {
		o := e.survey.Owners[ref.UID]
		if why, advice := o.unrestartable(); why != "" {
			return chaos.No(advice, "%s %s", ref, why)
		}
		outage := o.outageByRollout()
		if outage != "" && !e.request.AllowOutage {
			return chaos.No("run more replicas with a rolling update, or say allowOutage: true in the experiment", "%s %s", ref, outage)
		}
		if outage != "" {
			outage += "; the request allows the outage"
		}
		seen = append(seen, strings.TrimSpace(fmt.Sprintf("%s rolls out %d replicas %s", ref, o.Desired, outage)))
	}
	return chaos.Yes("%s", strings.Join(seen, "; "))
}

// unrestartable is why an owner does not roll out when its template changes.
func (o Owner) unrestartable() (why, advice string) {
	switch {
	case o.Kind != "Deployment" && o.Kind != "StatefulSet" && o.Kind != "DaemonSet":
		return "cannot be rolled out", "choose pods of a Deployment, StatefulSet or DaemonSet"
	case o.Paused:
		return "is paused, so that nothing is rolled out", "resume it: kubectl rollout resume " + strings.ToLower(o.String())
	case o.OnDelete:
		return "updates its pods when they are deleted (OnDelete), and not by a rollout", "set the update strategy RollingUpdate"
	case o.Partition > 0:
		return fmt.Sprintf("keeps %d replicas of the former version (partition), so that a rollout would update a part", o.Partition), "set the partition to 0"
	case o.Desired == 0:
		return "has 0 replicas, so that nothing would run", "scale it up first"
	}
	return "", ""
}

// outageByRollout is why no pod of the owner serves for a time when it rolls out.
func (o Owner) outageByRollout() string {
	switch {
	case o.Recreate:
		return "ends all its pods before it starts new ones (Recreate)"
	case o.AtOnce >= o.Desired:
		return fmt.Sprintf("may end all its %d pods before new ones are ready (maxUnavailable)", o.Desired)
	}
	return ""
}
