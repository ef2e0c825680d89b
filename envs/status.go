package envs

import (
	"fmt"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// The phases of an environment.
const (
	// PhaseCreating: the rollout of what was asked for has not come to its end.
	PhaseCreating = "creating"
	// PhaseReady: every component runs as asked, all replicas Ready.
	PhaseReady = "ready"
	// PhaseDegraded: it was ready, and some replicas are not at the moment.
	PhaseDegraded = "degraded"
	// PhaseFailed: it never became ready, and Problem says why.
	PhaseFailed = "failed"
	// PhaseUnadopted: an earlier version has made it, which named no installation. It is
	// neither changed nor destroyed until one adopts it.
	PhaseUnadopted = "unadopted"
	// PhaseDestroying: the namespace is being deleted.
	PhaseDestroying = "destroying"
)

// Rolled says whether the Deployment runs what was asked for: its status is that
// of the present spec, every replica is of that spec and available, and none of
// an older one is left.
func (d Deployment) Rolled() bool {
	return d.Observed >= d.Generation && d.Updated == d.Wanted && d.Replicas == d.Wanted &&
		d.Ready == d.Wanted && d.Available == d.Wanted
}

// view is an environment for others: what was seen of it, its phase, and, where a
// component is not ready, the reason that its pods show.
func view(s Seen, phase string, pods Snapshot, now time.Time) events.Environment {
	notes := s.Namespace.Annotations
	e := events.Environment{
		Name: s.Namespace.Name, Namespace: s.Namespace.Name, Phase: phase,
		Template: notes[AnnotationTemplate], Project: notes[AnnotationProject], Revision: notes[AnnotationRevision],
		Created: notes[AnnotationCreated], TTL: notes[AnnotationTTL],
		Ends:   endsText(s.Namespace),
		Labels: userLabels(s.Namespace.Labels),
	}
	if e.Created == "" {
		e.Created = s.Created.UTC().Format(time.RFC3339)
	}
	for _, d := range s.Deployments {
		e.Components = append(e.Components, events.EnvironmentComponent{
			Name: d.Name, Image: d.Image, Replicas: d.Wanted, Ready: min(d.Ready, d.Wanted),
		})
	}
	if e.Phase == PhaseUnadopted {
		e.Problem = "an earlier version has made it, and no installation has adopted it: shakedown env adopt " + e.Name
	}
	if e.Phase == PhaseCreating || e.Phase == PhaseDegraded {
		e = explain(e, Diagnose(Snapshot{Deployments: s.Deployments, Pods: pods.Pods}, now))
	}
	return e
}

// phaseOf is the phase that the Deployments show.
func phaseOf(s Seen) string {
	broken := slices.DeleteFunc(slices.Clone(s.Deployments), Deployment.Rolled)
	switch {
	case s.Terminating:
		return PhaseDestroying
	case s.Namespace.unadopted(s.Namespace.Name):
		return PhaseUnadopted
	case lacksComponents(s):
		return PhaseCreating
	case len(broken) == 0:
		return PhaseReady
	case !slices.ContainsFunc(broken, func(d Deployment) bool { return !d.Complete || d.Observed < d.Generation }):
		return PhaseDegraded
	}
	return PhaseCreating
}

// lacksComponents says whether a Deployment that the document asks for is not
// there: it was not applied yet, or someone removed it.
func lacksComponents(s Seen) bool {
	doc, err := Parse([]byte(s.Namespace.Annotations[AnnotationSpec]))
	if err != nil {
		return true
	}
	for name := range doc.Spec.Components {
		if !slices.ContainsFunc(s.Deployments, func(d Deployment) bool { return d.Name == name }) {
			return true
		}
	}
	return false
}

func explain(e events.Environment, findings []Finding) events.Environment {
	findings = slices.DeleteFunc(findings, func(f Finding) bool { return !f.Stuck() })
	if len(findings) == 0 {
		return e
	}
	f := findings[0]
	e.Problem = f.Reason + ": " + f.Message
	if e.Phase == PhaseCreating {
		e.Phase = PhaseFailed
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
	}
	if message == "" {
		return done, total, ""
	}
	return done, total, message[2:]
}
