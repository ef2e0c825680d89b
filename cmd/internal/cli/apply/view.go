package apply

import (
	"fmt"
	"io"
	"strings"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
)

// result is the plan, and how its steps ended.
func (p Plan) result() kit.Result {
	return kit.Result{Value: p, Draw: func(w io.Writer) {
		for _, s := range p {
			for _, line := range s.lines() {
				fmt.Fprintln(w, line)
			}
		}
	}}
}

// lines are a step with its changes, one each.
func (s Step) lines() []string {
	text := s.verb() + " " + strings.ToLower(s.Kind) + "/" + s.Name
	if s.Where != "" {
		text += " (" + s.Where + ")"
	}
	if note := s.note(); note != "" {
		text += ": " + note
	}
	lines := []string{text}
	if s.Outcome != "" && s.Outcome != NotTried { // the plan has shown them
		return lines
	}
	for _, c := range s.Changes {
		lines = append(lines, "  "+changeText(c))
	}
	return lines
}

// verb is the action, or the outcome once there is one.
func (s Step) verb() string {
	switch {
	case s.Outcome == Done:
		return map[Action]string{Create: "created", Update: "updated", Await: "ready", Delete: "deleted"}[s.Action]
	case s.Outcome == Asked:
		return "asked to " + string(s.Action)
	case s.Outcome != "":
		return string(s.Outcome) + ": " + string(s.Action)
	}
	return map[Action]string{
		Create: "create", Update: "update", Await: "await", Unchanged: "unchanged", Nothing: "nothing to do for",
		Refuse: "cannot apply", Delete: "delete", Absent: "absent",
	}[s.Action]
}

func (s Step) note() string {
	if s.Problem != "" {
		return s.Problem
	}
	return s.Why
}

// changeText is "update deployment/api: spec.replicas: 1 -> 2".
func changeText(c events.EnvironmentChange) string {
	text := c.Verb + " " + c.Object
	if c.Field == "" {
		return text
	}
	text += ": " + c.Field
	if c.Is == "" && c.Wanted == "" {
		return text + " changes"
	}
	return text + ": " + kit.OrDash(c.Is) + " -> " + kit.OrDash(c.Wanted)
}
