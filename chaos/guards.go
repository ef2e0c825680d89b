package chaos

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// The labels that the guards look for on a namespace.
const (
	// OptInLabel with the value OptInValue lets faults into a namespace.
	OptInLabel = "shakedown.dev/chaos"
	OptInValue = "allowed"
	// ManagedByLabel with the value ManagedBy, together with EnvironmentLabel,
	// marks a namespace of ours.
	ManagedByLabel   = "app.kubernetes.io/managed-by"
	ManagedBy        = "shakedown"
	EnvironmentLabel = "shakedown.dev/environment"
)

// The names of the guards.
const (
	GuardStop       = "stop-released"
	GuardFresh      = "fresh-request"
	GuardOptIn      = "opt-in"
	GuardOwnership  = "owned-or-allowed-namespace"
	GuardReplicas   = "enough-replicas"
	GuardNoRollout  = "no-rollout"
	GuardNoOtherRun = "no-other-run"
)

// Evidence is all that a guard may judge by.
type Evidence struct {
	Request events.FaultInject
	Survey  Survey
	// Victims are the pods about to be hit.
	Victims []Pod
	// Stop is the emergency stop as it stands.
	Stop events.StopState
	// Others are the open ledger entries of other faults.
	Others []Entry
	// Allowed are the namespaces that the operator lets in besides our own.
	Allowed []string
	Now     time.Time
}

// Guard is one question that must be answered with yes before anything is
// touched. Decide is pure, and says no when it cannot tell.
type Guard struct {
	Name string
	// Question is what it asks, for people.
	Question string
	// NeedsVictims says that there is nothing to decide before victims are chosen.
	NeedsVictims bool
	Decide       func(Evidence) events.GuardDecision
}

// Guards are all guards, in the order in which their decisions are recorded.
func Guards() []Guard {
	return []Guard{
		{GuardStop, "is the emergency stop released?", false, stopReleased},
		{GuardFresh, "is the request still wanted (its deadline has not passed)?", false, freshRequest},
		{GuardOptIn, "does the namespace carry the label " + OptInLabel + "=" + OptInValue + "?", false, optIn},
		{GuardOwnership, "is the namespace one of ours, or on the operator's list?", false, ownedOrAllowed},
		{GuardReplicas, "does every owner keep another ready replica, and does every PodDisruptionBudget allow it?", true, enoughReplicas},
		{GuardNoRollout, "are the rollouts of all owners complete?", true, noRollout},
		{GuardNoOtherRun, "is no other fault open on the same target?", true, noOtherRun},
	}
}

// judge asks every guard that can be asked. It records all answers, not only the
// first refusal.
func judge(e Evidence) []events.GuardDecision {
	var decisions []events.GuardDecision
	for _, g := range Guards() {
		if !g.NeedsVictims || len(e.Victims) > 0 {
			d := g.Decide(e)
			d.Guard = g.Name
			decisions = append(decisions, d)
		}
	}
	return decisions
}

// refusals are the decisions that say no.
func refusals(all []events.GuardDecision) []events.GuardDecision {
	return slices.DeleteFunc(slices.Clone(all), func(d events.GuardDecision) bool { return d.Allowed })
}

func yes(format string, args ...any) events.GuardDecision {
	return events.GuardDecision{Allowed: true, Seen: fmt.Sprintf(format, args...)}
}

func no(advice, format string, args ...any) events.GuardDecision {
	return events.GuardDecision{Seen: fmt.Sprintf(format, args...), Advice: advice}
}

func stopReleased(e Evidence) events.GuardDecision {
	if e.Stop.Engaged {
		return no("shakedown chaos resume", "the emergency stop is engaged since %s: %s",
			e.Stop.Since.UTC().Format(time.RFC3339), e.Stop.Reason)
	}
	return yes("the emergency stop is released")
}

func freshRequest(e Evidence) events.GuardDecision {
	deadline := e.Request.Deadline
	switch {
	case deadline.IsZero():
		return yes("the request has no deadline")
	case !e.Now.Before(deadline):
		return no("start the run again", "the request was wanted until %s, and it is %s",
			deadline.UTC().Format(time.RFC3339Nano), e.Now.UTC().Format(time.RFC3339Nano))
	}
	return yes("the request is wanted until %s", deadline.UTC().Format(time.RFC3339))
}

func optIn(e Evidence) events.GuardDecision {
	if why, missing := e.Survey.gap(PartNamespace); missing {
		return no("check that the server may get namespace "+e.Request.Namespace, "%s", why)
	}
	value, set := e.Survey.Namespace.Labels[OptInLabel]
	if value == OptInValue {
		return yes("namespace %s has the label %s=%s", e.Request.Namespace, OptInLabel, value)
	}
	seen := "no label " + OptInLabel
	if set {
		seen = fmt.Sprintf("the label %s=%s", OptInLabel, value)
	}
	return no("set chaos: {allow: true} in the environment, or: kubectl label namespace "+e.Request.Namespace+" "+OptInLabel+"="+OptInValue,
		"namespace %s has %s", e.Request.Namespace, seen)
}

func ownedOrAllowed(e Evidence) events.GuardDecision {
	name := e.Request.Namespace
	if strings.HasPrefix(name, "kube-") {
		return no("choose a namespace of your own", "namespace %s belongs to Kubernetes, and no setting lets faults in", name)
	}
	if why, missing := e.Survey.gap(PartNamespace); missing {
		return no("check that the server may get namespace "+name, "%s", why)
	}
	if e.Survey.Namespace.Terminating {
		return no("wait until it is gone", "namespace %s is being deleted", name)
	}
	if slices.Contains(e.Allowed, name) {
		return yes("namespace %s is on the operator's list", name)
	}
	return owned(e)
}

func owned(e Evidence) events.GuardDecision {
	labels, name := e.Survey.Namespace.Labels, e.Request.Namespace
	environment := labels[EnvironmentLabel]
	advice := "let shakedown create the environment, or put the namespace on the list of allowed ones"
	switch {
	case labels[ManagedByLabel] != ManagedBy || environment == "":
		return no(advice, "namespace %s is not ours (%s=%q, %s=%q) and not on the operator's list",
			name, ManagedByLabel, labels[ManagedByLabel], EnvironmentLabel, environment)
	case e.Request.Environment != "" && e.Request.Environment != environment:
		return no(advice, "namespace %s belongs to environment %s, and the fault is meant for %s", name, environment, e.Request.Environment)
	}
	return yes("namespace %s is ours: environment %s", name, environment)
}

func noRollout(e Evidence) events.GuardDecision {
	if why, missing := e.Survey.gap(PartOwners); missing {
		return no("check that the server may list deployments, replicasets, statefulsets and daemonsets", "%s", why)
	}
	var seen []string
	for _, ref := range ownersOf(e.Victims) {
		o := e.Survey.Owners[ref.UID]
		if !o.Known {
			return no("choose pods of a Deployment, StatefulSet or DaemonSet", "the rollout of %s cannot be told: %s", ref, unknownWhy(o))
		}
		state := fmt.Sprintf("%s: generation %d (seen %d), %d wanted, %d updated, %d in all",
			ref, o.Generation, o.Observed, o.Desired, o.Updated, o.Replicas)
		if o.Observed < o.Generation || o.Updated != o.Desired || o.Replicas != o.Desired {
			return no("wait: kubectl rollout status "+strings.ToLower(ref.String())+" -n "+e.Request.Namespace, "a rollout is going on: %s", state)
		}
		seen = append(seen, state)
	}
	if len(seen) == 0 {
		return yes("the victims have no owner that could roll out")
	}
	return yes("%s", strings.Join(seen, "; "))
}

func noOtherRun(e Evidence) events.GuardDecision {
	for _, other := range e.Others {
		if other.Fault != e.Request.Fault && other.Request.Namespace == e.Request.Namespace && other.holds(ownersOf(e.Victims), e.Victims) {
			return no("wait until it is closed: shakedown chaos ledger",
				"fault %s of run %s is %s on the same target in namespace %s", other.Fault, other.Request.Run, other.State, e.Request.Namespace)
		}
	}
	return yes("no other fault is open on the target")
}

// ownersOf lists the owners of the pods once each, in the order of the pods.
func ownersOf(pods []Pod) []Ref {
	var refs []Ref
	for _, p := range pods {
		if p.Owner.UID != "" && !slices.Contains(refs, p.Owner) {
			refs = append(refs, p.Owner)
		}
	}
	return refs
}

func unknownWhy(o Owner) string {
	if o.Why == "" {
		return "it is not in the survey"
	}
	return o.Why
}
