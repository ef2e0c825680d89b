package envs

import (
	"fmt"
	"maps"
	"slices"

	"github.com/shakedown-dev/shakedown/events"
)

// The reasons of a Finding about what somebody else has made of a component.
const (
	ReasonMissing = "Missing"
	ReasonScaled  = "Scaled"
	ReasonChanged = "Changed"
	// ReasonStalled is Kubernetes' own, of a rollout that does not come further.
	ReasonStalled = "ProgressDeadlineExceeded"
)

// wanted are the components that the document in the namespace asks for, nil when it
// cannot be read.
func (s scene) wanted() map[string]Component {
	doc, err := Parse([]byte(s.Namespace.Annotations[AnnotationSpec]))
	if err != nil {
		return nil
	}
	return doc.Spec.Components
}

func (s scene) deployment(name string) (Deployment, bool) {
	i := slices.IndexFunc(s.Deployments, func(d Deployment) bool { return d.Name == name })
	if i < 0 {
		return Deployment{}, false
	}
	return s.Deployments[i], true
}

// deviations are the Deployments that are not as the document says: not applied yet, or
// changed by somebody else. One of more replicas than are wanted is none.
func (s scene) deviations() []Finding {
	var found []Finding
	wanted := s.wanted()
	if wanted == nil {
		return []Finding{{Reason: ReasonChanged, Message: "the document in namespace " + s.Namespace.Name + " cannot be read"}}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		d, there := s.deployment(name)
		switch want := wanted[name]; {
		case !there:
			found = append(found, Finding{Component: name, Reason: ReasonMissing, Message: "the Deployment of component " + name + " is not there"})
		case d.Wanted < want.Wanted():
			found = append(found, Finding{Component: name, Reason: ReasonScaled, Message: fmt.Sprintf(
				"component %s was scaled to %s, and %d are wanted", name, replicas(d.Wanted), want.Wanted(),
			)})
		case d.Image != want.Image:
			found = append(found, Finding{Component: name, Reason: ReasonChanged, Message: fmt.Sprintf(
				"the Deployment of component %s has image %s, and %s is wanted", name, d.Image, want.Image,
			)})
		}
	}
	return found
}

func replicas(n int) string {
	if n == 1 {
		return "1 replica"
	}
	return fmt.Sprintf("%d replicas", n)
}

// components are what is wanted, beside what runs.
func (s scene) components() []events.EnvironmentComponent {
	var all []events.EnvironmentComponent
	wanted, before := s.wanted(), s.outdated()
	for _, name := range s.names(wanted) {
		d, there := s.deployment(name)
		c := events.EnvironmentComponent{Name: name, Image: d.Image, Replicas: d.Wanted, Version: d.Version, Missing: !there, Labels: d.Labels, Annotations: d.Annotations}
		if want, ok := wanted[name]; ok {
			c.Image, c.Replicas = want.Image, want.Wanted()
		}
		if there && (d.Image != c.Image || d.Wanted != c.Replicas) {
			c.Deployed = &events.EnvironmentDeployed{Image: d.Image, Replicas: d.Wanted, Ready: d.Ready}
		}
		c.Ready = min(d.Ready, c.Replicas)
		if s.looked {
			c.Ready = min(s.up(name)-len(before[name]), c.Replicas)
			c.Outdated = images(before[name])
		}
		all = append(all, c)
	}
	return all
}

// serves says whether a pod is Ready and stays so.
func (p Pod) serves() bool { return p.Ready && !p.Terminating && !p.Finished }

// up is how many pods of a component serve, of whatever version.
func (s scene) up(component string) (n int) {
	for _, p := range s.Pods {
		if p.Component == component && p.serves() {
			n++
		}
	}
	return n
}

// outdated are the pods that serve and are of another version than is wanted, by
// component.
func (s scene) outdated() map[string][]Pod {
	wanted, old := s.wanted(), outdated(Snapshot{Deployments: s.Deployments, Pods: s.Pods})
	found := map[string][]Pod{}
	for _, p := range s.Pods {
		want, known := wanted[p.Component]
		if p.serves() && (old[p.Name] || known && p.image() != want.Image) {
			found[p.Component] = append(found[p.Component], p)
		}
	}
	return found
}

// image is that of the component's container, which stands first.
func (p Pod) image() string {
	if len(p.Containers) == 0 {
		return ""
	}
	return p.Containers[0].Image
}

// images are those of the pods, each once.
func images(pods []Pod) []string {
	seen := map[string]bool{}
	for _, p := range pods {
		seen[p.image()] = true
	}
	return slices.Sorted(maps.Keys(seen))
}
