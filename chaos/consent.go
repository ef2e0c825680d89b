package chaos

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

func optIn(e Evidence) events.GuardDecision { return everyScope(e, scopeOptsIn) }

func scopeOptsIn(_ Evidence, s Scope) events.GuardDecision {
	switch {
	case s.Unread != "":
		return unread(s)
	case s.Granted != "":
		return Yes("%s %s: %s", s.Kind, s.Name, s.Granted)
	}
	value, set := s.Labels[events.LabelChaos]
	if value == events.ChaosAllowed {
		return Yes("%s %s has the label %s=%s", s.Kind, s.Name, events.LabelChaos, value)
	}
	seen := "no label " + events.LabelChaos
	if set {
		seen = fmt.Sprintf("the label %s=%s", events.LabelChaos, value)
	}
	return No(s.Allow, "%s %s has %s", s.Kind, s.Name, seen)
}

func ownedOrAllowed(e Evidence) events.GuardDecision { return everyScope(e, scopeIsOurs) }

func scopeIsOurs(e Evidence, s Scope) events.GuardDecision {
	switch {
	case !s.Shared && strings.HasPrefix(s.Name, "kube-"):
		return No("choose a namespace of your own", "%s %s belongs to Kubernetes, and no setting lets faults in", s.Kind, s.Name)
	case s.Unread != "":
		return unread(s)
	case s.Closing:
		return No("wait until it is gone", "%s %s is being deleted", s.Kind, s.Name)
	case s.Shared:
		return Yes("%s %s belongs to no environment, and its consent counts", s.Kind, s.Name)
	case slices.Contains(e.Allowed, s.Name):
		return Yes("%s %s is on the operator's list", s.Kind, s.Name)
	}
	return owned(e, s)
}

func owned(e Evidence, s Scope) events.GuardDecision {
	const advice = "let shakedown create the environment, or put the namespace on the list of allowed ones"
	environment := s.Labels[events.LabelEnvironment]
	owner := events.Owner{Installation: e.Installation, Environment: environment}
	switch {
	case environment == "" || !events.IsOf(s.Labels, environment):
		return No(advice, "%s %s is not ours (%s=%q, %s=%q) and not on the operator's list",
			s.Kind, s.Name, events.LabelManagedBy, s.Labels[events.LabelManagedBy], events.LabelEnvironment, environment)
	case !owner.Owns(s.Labels):
		return another(s, owner)
	case e.Request.Environment != "" && e.Request.Environment != environment:
		return No(advice, "%s %s belongs to environment %s, and the fault is meant for %s", s.Kind, s.Name, environment, e.Request.Environment)
	}
	return Yes("%s %s is ours: environment %s", s.Kind, s.Name, environment)
}

// another refuses the environment of another installation, or of an earlier version.
func another(s Scope, owner events.Owner) events.GuardDecision {
	why, named := owner.Others(s.Labels)
	if !named {
		return No("shakedown env adopt "+owner.Environment, "%s %s %s", s.Kind, s.Name, why)
	}
	return No("break it from that installation, or put the namespace on the list of allowed ones", "%s %s %s", s.Kind, s.Name, why)
}

// everyScope asks about each scope, and refuses with the first that says no. A
// fault that reaches into no scope was let in by nobody.
func everyScope(e Evidence, ask func(Evidence, Scope) events.GuardDecision) events.GuardDecision {
	var seen []string
	for _, s := range e.Scopes {
		d := ask(e, s)
		if !d.Allowed {
			return d
		}
		seen = append(seen, d.Seen)
	}
	if len(seen) == 0 {
		return No("name a target that lets faults in", "nothing says where the fault reaches")
	}
	return Yes("%s", strings.Join(seen, "; "))
}

func unread(s Scope) events.GuardDecision {
	return No("check that the server may get "+s.Kind+" "+s.Name, "the %s could not be read: %s", s.Kind, s.Unread)
}
