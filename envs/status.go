package envs

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// The phases of an environment.
const (
	// PhaseCreating: a request is worked on, and nothing was ready before.
	PhaseCreating = "creating"
	// PhaseUpdating: a request is worked on, and a version that was ready is there still.
	PhaseUpdating = "updating"
	// PhaseReady: every component runs as asked, all replicas Ready.
	PhaseReady = "ready"
	// PhaseDegraded: it was ready, and is not at the moment.
	PhaseDegraded = "degraded"
	// PhaseFailed: the last request did not make it ready, and Problem says why.
	PhaseFailed = "failed"
	// PhaseUnadopted: an earlier version has made it, which named no installation. It is
	// neither changed nor destroyed until one adopts it.
	PhaseUnadopted = "unadopted"
	// PhaseDestroying: the namespace is being deleted.
	PhaseDestroying = events.EnvironmentDestroying
)

// Rolled says whether the Deployment runs what was asked for: its status is that
// of the present spec, every replica is of that spec and available, and none of
// an older one is left.
func (d Deployment) Rolled() bool {
	return d.Observed >= d.Generation && d.Updated == d.Wanted && d.Replicas == d.Wanted &&
		d.Ready == d.Wanted && d.Available == d.Wanted
}

// scene is what is known of an environment at one moment.
type scene struct {
	Seen
	history
	// Pods are those of its components, if somebody has looked at them.
	Pods   []Pod
	looked bool
	now    time.Time
}

// phase is decided by what is asked for now, how the last request ended, and what is
// there.
func (s scene) phase() string {
	making := s.open != nil && s.open.Document != nil
	switch {
	case s.Terminating, s.open != nil && s.open.Begun && !making:
		return PhaseDestroying
	case s.Namespace.unadopted(s.Namespace.Name):
		return PhaseUnadopted
	case making && (s.ended(outcomeReady) || len(s.outdated()) > 0):
		return PhaseUpdating
	case making:
		return PhaseCreating
	case s.ended(outcomeFailed) && (s.last.Lasting || !s.whole()):
		return PhaseFailed
	case s.whole():
		return PhaseReady
	case s.ended(outcomeReady), len(s.deviations()) > 0:
		return PhaseDegraded
	}
	return s.unasked()
}

// unasked is the phase of an environment that is not whole, and of which no request is
// remembered: as its Deployments show.
func (s scene) unasked() string {
	_, stuck := s.stuck()
	switch {
	case !slices.ContainsFunc(s.Deployments, Deployment.unfinished):
		return PhaseDegraded
	case stuck, slices.ContainsFunc(s.Deployments, func(d Deployment) bool { return d.Stalled != "" }):
		return PhaseFailed
	}
	return PhaseCreating
}

// unfinished says whether the rollout of the present spec has not come to its end.
func (d Deployment) unfinished() bool {
	return !d.Rolled() && (!d.Complete || d.Observed < d.Generation)
}

// whole says whether every component runs as the document says.
func (s scene) whole() bool {
	return len(s.deviations()) == 0 && !slices.ContainsFunc(s.Deployments, func(d Deployment) bool { return !d.Rolled() })
}

// findings are the reasons why components are not ready.
func (s scene) findings() []Finding {
	return Diagnose(Snapshot{Deployments: s.Deployments, Pods: s.Pods}, s.now)
}

// stuck is the gravest reason that waiting alone hardly heals.
func (s scene) stuck() (Finding, bool) {
	found := slices.DeleteFunc(s.findings(), func(f Finding) bool { return !f.Stuck() })
	if len(found) == 0 {
		return Finding{}, false
	}
	return found[0], true
}

// problem is why an environment in that phase is not ready, "" where that is not known.
func (s scene) problem(phase string) string {
	if s.unread != "" {
		return "what was asked for last cannot be read: " + s.unread
	}
	switch phase {
	case PhaseReady:
		return ""
	case PhaseUnadopted:
		return "an earlier version has made it, and no installation has adopted it: shakedown env adopt " + s.Namespace.Name
	case PhaseDestroying:
		return s.giveUp(verbDestroy)
	case PhaseDegraded:
		if found := append(s.deviations(), s.findings()...); len(found) > 0 {
			return found[0].String()
		}
	case PhaseFailed:
		if text := s.giveUp(verbCreate); text != "" {
			return text
		}
	}
	if f, ok := s.stuck(); ok {
		return f.String()
	}
	for _, d := range s.Deployments {
		if phase == PhaseFailed && d.Stalled != "" {
			return ReasonStalled + ": component " + d.Name + ": " + d.Stalled
		}
	}
	return ""
}

// view is the environment for others, in that phase.
func (s scene) view(phase string) events.Environment {
	notes := s.Namespace.Annotations
	e := events.Environment{
		Name: s.Namespace.Name, Namespace: s.Namespace.Name, Phase: phase,
		Template: notes[AnnotationTemplate], Project: notes[AnnotationProject], Revision: notes[AnnotationRevision],
		Created: notes[AnnotationCreated], TTL: notes[AnnotationTTL],
		Ends:       endsText(s.Namespace),
		Labels:     userLabels(s.Namespace.Labels),
		Components: s.components(),
		Problem:    s.problem(phase),
		Waiting:    s.waiting(),
	}
	if e.Created == "" {
		e.Created = s.Created.UTC().Format(time.RFC3339)
	}
	return e
}

func userLabels(labels map[string]string) map[string]string {
	own := map[string]string{}
	for k, v := range labels {
		if !isReserved(k) {
			own[k] = v
		}
	}
	return own
}

// rollout is how many of the wanted replicas are up, and which components wait.
func rollout(ds []Deployment) (done, total int, message string) {
	for _, d := range ds {
		total += d.Wanted
		ready := min(d.Ready, d.Updated, d.Wanted)
		if d.Observed < d.Generation {
			ready = 0
		}
		done += ready
		if !d.Rolled() {
			message += fmt.Sprintf(", %s %d/%d", d.Name, ready, d.Wanted)
		}
		if d.held() {
			message += fmt.Sprintf(" (Ready for less than %s)", d.MinReady)
		}
	}
	if message == "" {
		return done, total, ""
	}
	return done, total, message[2:]
}

// names are the components that are wanted or there, in order.
func (s scene) names(wanted map[string]Component) []string {
	names := map[string]bool{}
	for name := range wanted {
		names[name] = true
	}
	for _, d := range s.Deployments {
		names[d.Name] = true
	}
	return slices.Sorted(maps.Keys(names))
}
