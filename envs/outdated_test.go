package envs

import (
	"testing"
	"time"
)

// TestOldPodsSayNothingOfTheNewVersion: while a component is rolled out, the pods of the
// version before stay until new ones are ready. What keeps them from running is no reason
// why the new version would not.
func TestOldPodsSayNothingOfTheNewVersion(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	broken := Pod{Name: "api-old", Component: "api", Created: now.Add(-time.Minute), Unschedulable: "3 Insufficient cpu"}
	starting := Pod{Name: "api-new", Component: "api", Created: now, Containers: []Container{{Name: "api", State: Running}}}
	for name, tc := range map[string]struct {
		deployment Deployment
		pods       []Pod
		stuck      bool
	}{
		"both versions":             {Deployment{Replicas: 2, Updated: 1}, []Pod{starting, broken}, false},
		"the new one not made yet":  {Deployment{Replicas: 1, Updated: 0}, []Pod{broken}, false},
		"the change not seen yet":   {Deployment{Generation: 2, Observed: 1, Replicas: 1, Updated: 1}, []Pod{broken}, false},
		"of this version":           {Deployment{Generation: 2, Observed: 2, Replicas: 1, Updated: 1}, []Pod{broken}, true},
		"of another component's":    {Deployment{Replicas: 1, Updated: 0}, []Pod{{Name: "x", Component: "cart", Unschedulable: "y"}}, true},
		"a new one that is as bad":  {Deployment{Replicas: 2, Updated: 1}, []Pod{broken, {Name: "n", Component: "api", Created: now, Unschedulable: "y"}}, true},
		"an old one that goes away": {Deployment{Replicas: 1, Updated: 1}, []Pod{starting, {Name: "o", Component: "api", Terminating: true, Unschedulable: "y"}}, false},
	} {
		tc.deployment.Name = "api"
		stuck := false
		for _, f := range Diagnose(Snapshot{Deployments: []Deployment{tc.deployment}, Pods: tc.pods}, now) {
			stuck = stuck || f.Stuck()
		}
		if stuck != tc.stuck {
			t.Errorf("%s: stuck %t, want %t", name, stuck, tc.stuck)
		}
	}
}
