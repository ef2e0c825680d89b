package pod

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// The marks of a killed container.
const (
	MarkContainerEnded   = "container-ended"
	MarkContainerStarted = "container-started"
	MarkContainerReady   = "container-ready"
)

// keptContainers are the victims as they were before the fault, by their ids.
type keptContainers struct {
	Containers map[string]Container `json:"containers"`
}

// containerLine follows killed containers. Only the end of the very container that was
// there before counts, and only if something killed it.
type containerLine struct{ hits []*containerHit }

// containerHit is one container on its way to running again.
type containerHit struct {
	track
	before Container
	helper string
	// now is its pod as it was seen last.
	now  Pod
	gone bool
}

var _ line = (*containerLine)(nil)

// beginContainers begins, or continues, to follow the containers of an order.
func beginContainers(o chaos.Order, from Survey) line {
	l := &containerLine{}
	var before keptContainers
	if json.Unmarshal(o.Kept, &before) != nil {
		return l
	}
	for _, v := range o.Hit() {
		h := &containerHit{track: newTrack(v, o), before: before.Containers[v.ID], helper: helperName(o.Request.Fault, v)}
		h.take(from)
		l.hits = append(l.hits, h)
	}
	return l
}

// take takes the pod from a survey.
func (h *containerHit) take(s Survey) {
	there := false
	h.now, there = s.pod(h.victim.UID)
	h.gone = !there
}

func (l *containerLine) catchUp(s Survey, since time.Time) []chaos.Mark {
	var marks []chaos.Mark
	for _, h := range l.hits {
		h.take(s)
		marks = append(marks, h.due(Change{At: s.At, Since: since})...)
	}
	return marks
}

// update has nothing to do: a killed container has no duration.
func (*containerLine) update(chaos.Order) []chaos.Mark { return nil }

func (l *containerLine) see(c Change) []chaos.Mark {
	var marks []chaos.Mark
	for _, h := range l.hits {
		if c.Owner != nil || h.victim.UID != c.Pod.UID {
			continue
		}
		h.now, h.gone = c.Pod, c.Gone
		marks = append(marks, h.due(c)...)
	}
	return marks
}

// due makes the marks of the pod as it is now.
func (h *containerHit) due(c Change) []chaos.Mark {
	container, there := h.now.container(containerOf(h.victim))
	if h.gone || !there {
		return nil
	}
	var marks []chaos.Mark
	if container.Ended.killed() && container.Ended.ID == h.before.ID {
		marks = h.mark(MarkContainerEnded, h.victim.Name, h.now.Node, c)
	}
	if !h.marked[MarkContainerEnded] || container.ID == h.before.ID || !container.Running {
		return marks
	}
	marks = append(marks, h.mark(MarkContainerStarted, h.victim.Name, h.now.Node, c)...)
	if container.Ready {
		marks = append(marks, h.mark(MarkContainerReady, h.victim.Name, h.now.Node, c)...)
	}
	return marks
}

func (l *containerLine) standing() []chaos.Standing {
	all := make([]chaos.Standing, 0, len(l.hits))
	for _, h := range l.hits {
		all = append(all, h.standing())
	}
	return all
}

func (h *containerHit) standing() chaos.Standing {
	s := chaos.Standing{Victim: h.victim.ID}
	container, _ := h.now.container(containerOf(h.victim))
	if !h.marked[MarkContainerEnded] {
		s.Effect, s.Final = h.unseen(container)
		s.Healed = s.Effect
		return s
	}
	switch {
	case h.gone:
		s.Healed, s.Final = fmt.Sprintf("the pod of container %s is gone", h.victim.Name), true
	case container.ID == h.before.ID || !container.Running:
		s.Healed = fmt.Sprintf("container %s does not run again: %s", h.victim.Name, because(h.now.Trouble))
	case !container.Ready:
		s.Healed = fmt.Sprintf("container %s runs again and is not ready: %s", h.victim.Name, because(h.now.Trouble))
	}
	return s
}

// unseen is why the container was not seen killed, and whether that will stay so.
func (h *containerHit) unseen(now Container) (why string, final bool) {
	helper, sent := h.now.helper(h.helper)
	switch {
	case h.gone:
		return fmt.Sprintf("the pod of container %s is gone", h.victim.Name), true
	case sent && helper.Ended != nil && helper.Ended.Code != 0:
		return fmt.Sprintf("container %s was not killed: %s", h.victim.Name, helper.failure()), true
	case now.ID != h.before.ID && now.Ended != nil:
		return fmt.Sprintf("container %s ended, and not by a kill: %s, exit code %d", h.victim.Name, now.Ended.Reason, now.Ended.Code), false
	case sent && helper.Waiting != "":
		return fmt.Sprintf("container %s was not killed: helper %s waits: %s", h.victim.Name, helper.Name, helper.Waiting), false
	}
	return fmt.Sprintf("container %s was not seen to end", h.victim.Name), false
}

// because is the trouble of a pod in words.
func because(trouble string) string {
	if trouble == "" {
		return "Kubernetes gives no reason yet"
	}
	return trouble
}

// track is one victim with the marks that it has.
type track struct {
	victim   events.Victim
	accepted time.Time
	marked   map[string]bool
}

func newTrack(v events.Victim, o chaos.Order) track {
	t := track{victim: v, marked: make(map[string]bool)}
	for _, m := range o.Marks {
		if m.Victim != v.ID {
			continue
		}
		t.marked[m.Mark] = true
		if m.Role == events.RoleSent {
			t.accepted = m.At
		}
	}
	return t
}

// mark makes the mark once. It is never before the accepted injection: an event may
// overtake the answer to the call that it follows from.
func (t track) mark(name, object, node string, c Change) []chaos.Mark {
	if t.marked[name] {
		return nil
	}
	t.marked[name] = true
	m := chaos.Mark{Victim: t.victim.ID, Name: name, Object: object, Node: node, At: events.Later(c.At, t.accepted)}
	if !c.Since.IsZero() {
		m.Since = events.Later(c.Since, t.accepted)
	}
	return []chaos.Mark{m}
}
