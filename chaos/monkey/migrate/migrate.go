package migrate

import (
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/events"
)

// Result are the schedules, and what differs.
type Result struct {
	Documents []spec.Document `json:"documents"`
	Differs   []string        `json:"differs"`
}

func (r *Result) differ(format string, args ...any) {
	r.Differs = append(r.Differs, fmt.Sprintf(format, args...))
}

// always are the differences to every tool that flips a coin once a day.
func (r *Result) always() {
	r.differ("a fault is a run of an experiment: a component without an experiment that states its hypothesis is never hit")
	r.differ("the plan is published before the hours begin, and anybody may take one out of it (shakedown chaos veto)")
	r.differ("guards that those tools do not have may refuse a fault: disruption budgets, the last ready replica, a rollout, the emergency stop")
}

// blank is a schedule that is to be filled in.
func blank(name, zone string) spec.Document {
	return spec.Document{
		Header: events.NewHeader(spec.Kind, label(name)),
		Spec: spec.Spec{TimeZone: zone, Monkey: &spec.Monkey{
			Mean: 1, Hours: "10:00-16:00", Grouping: spec.GroupComponent, Faults: []spec.Fault{{Fault: podKill}},
		}},
	}
}

// podKill is the fault that all these tools have.
const podKill = "pod-kill"

// label makes a name that documents may have.
func label(text string) string {
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(text))
	clean = strings.Trim(clean[:min(len(clean), 50)], "-")
	if clean == "" {
		return "imported"
	}
	return clean
}

// hours are those of two whole hours.
func hours(from, to int) string { return fmt.Sprintf("%02d:00-%02d:00", from, to) }

// list are the parts of a text between commas, without those that are empty.
func list(text string) []string {
	var parts []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}
