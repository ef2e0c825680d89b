package pod

import (
	"errors"
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// The names of the guards of faults that hit containers.
const (
	GuardContainer = "container-restarts"
	GuardHelper    = "helper-admitted"
)

// strikable is a container that may be killed, with what speaks against it.
type strikable struct {
	pod       Pod
	victim    chaos.Victim
	container Container
	// asked says that the API server was asked whether it would let a helper in, and denied
	// why it would not.
	asked  bool
	denied error
}

// containerGuards ask about containers and about what kills them.
func containerGuards(hits []strikable) []guard {
	return []guard{
		{Name: GuardContainer, Question: "does each container run, is it started again when it ends, and has it process ids of its own?", Decide: func(evidence) events.GuardDecision { return containersRestart(hits) }},
		{Name: GuardHelper, Question: "does the API server let the helper into each pod? (asked without changing anything)", Decide: func(evidence) events.GuardDecision { return helpersAdmitted(hits) }},
	}
}

func containersRestart(hits []strikable) events.GuardDecision {
	var seen []string
	for _, h := range hits {
		if why := h.refusal(); why != "" {
			return chaos.No("shakedown chaos faults", "%s", why)
		}
		seen = append(seen, fmt.Sprintf("container %s runs and was started again %d times", h.victim.Name, h.container.Restarts))
	}
	return chaos.Yes("%s", strings.Join(seen, "; "))
}

// refusal is why the container cannot be killed so that it comes back; "" when it can.
func (h strikable) refusal() string {
	name := containerOf(h.victim.Victim)
	switch {
	case name == "":
		return fmt.Sprintf("pod %s has the containers %s: say which one by params.container", h.pod.Name, strings.Join(h.pod.containerNames(), ", "))
	case h.container.Name == "":
		return fmt.Sprintf("pod %s has no container %s; it has %s", h.pod.Name, name, strings.Join(h.pod.containerNames(), ", "))
	case h.pod.SharesPIDs != "":
		return fmt.Sprintf("pod %s %s, so that its container %s cannot be killed alone", h.pod.Name, h.pod.SharesPIDs, name)
	case !h.container.Running:
		return fmt.Sprintf("container %s does not run", h.victim.Name)
	case h.container.Once:
		return fmt.Sprintf("container %s is not started again when it ends (restartPolicy)", h.victim.Name)
	}
	return ""
}

func helpersAdmitted(hits []strikable) events.GuardDecision {
	for _, h := range hits {
		switch {
		case !h.asked:
			return chaos.No("see the guard "+GuardContainer, "nobody asked for pod %s, whose container cannot be killed", h.pod.Name)
		case h.denied == nil:
			continue
		}
		advice := "start again"
		if errors.Is(h.denied, chaos.ErrForbidden) {
			advice = "shakedown chaos rbac FILE; a namespace with Pod Security needs the level privileged, for the helper has the capability SYS_PTRACE"
		}
		return chaos.No(advice, "the API server would not let a helper into pod %s: %v", h.pod.Name, h.denied)
	}
	return chaos.Yes("the API server would let a helper into each of %d pods", len(hits))
}
