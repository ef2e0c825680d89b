package envs

import (
	"cmp"
	"slices"
)

// outdated are the pods, by name, that are not of the present version of their component:
// what is wrong with them says nothing of it. A Deployment says how many there are, and
// they are the oldest; one whose status is of before says nothing of any pod.
func outdated(s Snapshot) map[string]bool {
	old := map[string]bool{}
	for _, d := range s.Deployments {
		pods := slices.DeleteFunc(slices.Clone(s.Pods), func(p Pod) bool { return p.Component != d.Name || p.Terminating || p.Finished })
		slices.SortFunc(pods, func(a, b Pod) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Name, b.Name)) })
		n := max(0, d.Replicas-d.Updated)
		if d.Observed < d.Generation {
			n = len(pods)
		}
		for _, p := range pods[:min(n, len(pods))] {
			old[p.Name] = true
		}
	}
	return old
}
