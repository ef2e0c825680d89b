package envs

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Seconds for which a pod must be Ready before it counts as available. Without a readiness
// probe it is Ready as soon as it runs, also when it ends at once: the kubelet starts it
// again without a pause, then after 10 and after 20 seconds. unprobed is the sum of these.
//
// Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
const (
	unprobed    = 30
	maxMinReady = 300
)

// turns is in how many parts the pods of a component are replaced at most: a quarter of
// them at a time, rounded up.
const turns = 4

// minReady is for how many seconds a pod of the component must be Ready, with no container
// of it ending, before it counts as available.
func (c Component) minReady() int {
	switch {
	case c.MinReadySeconds != nil:
		return *c.MinReadySeconds
	case c.Probes.Readiness == nil:
		return unprobed
	}
	return 0
}

// holds is how much longer a rollout of the document takes for that.
func (d Document) holds() time.Duration {
	longest := 0
	for _, c := range d.Spec.Components {
		longest = max(longest, c.minReady())
	}
	return turns * time.Duration(longest) * time.Second
}

// Notes are what is right in the document and may not be what is meant, by component.
func (d Document) Notes() []string {
	var notes []string
	for _, name := range slices.Sorted(maps.Keys(d.Spec.Components)) {
		c := d.Spec.Components[name]
		if c.Probes.Readiness != nil || c.Wanted() == 0 {
			continue
		}
		when := fmt.Sprintf("when it has run for %ds without ending", c.minReady())
		if c.minReady() == 0 {
			when = "as soon as it runs, also one that ends at once"
		}
		notes = append(notes, fmt.Sprintf("component %s has no readiness probe: a pod of it counts as ready %s (minReadySeconds)", name, when))
	}
	return notes
}

// held says whether pods are Ready, and not for long enough yet.
func (d Deployment) held() bool { return d.MinReady > 0 && d.Ready > d.Available }
