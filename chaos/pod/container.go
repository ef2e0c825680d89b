package pod

import "slices"

// Container is one container of a pod.
type Container struct {
	Name string
	// ID is that of the container that runs, or ran last; Restarts is how often it was
	// started again.
	ID             string
	Restarts       int
	Running, Ready bool
	// Ended is how the last one ended; nil when none has.
	Ended *Ending
	// Once says that it is not started again when it ends.
	Once bool
}

// Ending is how a container ended.
type Ending struct {
	ID              string
	Code            int
	Reason, Message string
}

// killedCode is what a container ends with that was killed.
const killedCode = 128 + 9

// killed says whether a kill has ended it, and not the want of memory.
func (e *Ending) killed() bool { return e != nil && e.Code == killedCode && e.Reason != "OOMKilled" }

// Helper is a container of ours that was added to a running pod. It stays listed in the
// pod until that is gone: Kubernetes has no way to remove it.
type Helper struct {
	Name string
	// Waiting is why it has not begun to run; Ended is how it ended.
	Waiting string
	Ended   *Ending
}

func (p Pod) container(name string) (Container, bool) {
	i := slices.IndexFunc(p.Containers, func(c Container) bool { return c.Name == name })
	if i < 0 {
		return Container{}, false
	}
	return p.Containers[i], true
}

func (p Pod) helper(name string) (Helper, bool) {
	i := slices.IndexFunc(p.Helpers, func(h Helper) bool { return h.Name == name })
	if i < 0 {
		return Helper{}, false
	}
	return p.Helpers[i], true
}

// containerNames are those of all containers of the pod.
func (p Pod) containerNames() []string {
	names := make([]string, 0, len(p.Containers))
	for _, c := range p.Containers {
		names = append(names, c.Name)
	}
	return names
}
