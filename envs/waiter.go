package envs

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// ReasonDeadline is the reason of a failure whose cause is not known.
const ReasonDeadline = "DeadlineExceeded"

// waiter decides, snapshot by snapshot, whether an environment has become ready or
// surely will not. It remembers since when each cause has been seen.
type waiter struct {
	config      Config
	generations map[string]int64
	deadline    time.Time
	since       map[string]time.Time
}

// decision is what the waiter makes of a snapshot. When neither ready nor finding is
// set, it is to decide again after that time, even when nothing changes.
type decision struct {
	ready   bool
	finding *Finding
	again   time.Duration
}

func newWaiter(config Config, generations map[string]int64, now time.Time) *waiter {
	return &waiter{
		config: config, generations: generations, deadline: now.Add(config.Deadline), since: map[string]time.Time{},
	}
}

func (w *waiter) decide(s Snapshot, now time.Time) decision {
	if w.ready(s) {
		return decision{ready: true}
	}
	found := w.findings(s, now)
	again := w.deadline.Sub(now)
	for _, f := range found {
		if !f.Stuck() {
			continue
		}
		left := w.grace(f) - now.Sub(w.since[f.topic()])
		if left <= 0 {
			return decision{finding: &f}
		}
		again = min(again, left)
	}
	if again <= 0 {
		f := w.late(s, found)
		return decision{finding: &f}
	}
	return decision{again: again}
}

// ready compares what the Deployments say with what their pods show. Both must
// agree, since they arrive on different ways.
func (w *waiter) ready(s Snapshot) bool {
	if len(s.Deployments) != len(w.generations) {
		return false
	}
	up := map[string]int{}
	for _, p := range s.Pods {
		switch {
		case p.Terminating:
			return false
		case p.Finished:
		case !p.Ready:
			return false
		default:
			up[p.Component]++
		}
	}
	for _, d := range s.Deployments {
		generation, wanted := w.generations[d.Name]
		if !wanted || d.Generation < generation || !d.Rolled() || up[d.Name] != d.Wanted {
			return false
		}
		delete(up, d.Name)
	}
	return len(up) == 0
}

// findings are the causes seen now. What is not seen any more is forgotten.
func (w *waiter) findings(s Snapshot, now time.Time) []Finding {
	found := Diagnose(s, now)
	since := map[string]time.Time{}
	for _, f := range found {
		since[f.topic()] = now
		if before, ok := w.since[f.topic()]; ok {
			since[f.topic()] = before
		}
	}
	w.since = since
	return found
}

func (w *waiter) grace(f Finding) time.Duration {
	if f.class == classSchedule {
		return w.config.ScheduleGrace
	}
	return w.config.Grace
}

// late is what to say when the deadline has passed: the gravest cause, and what
// was not ready.
func (w *waiter) late(s Snapshot, found []Finding) Finding {
	var behind []string
	for _, d := range s.Deployments {
		if !d.Rolled() || d.Generation < w.generations[d.Name] {
			behind = append(behind, fmt.Sprintf("%s %d of %d", d.Name, min(d.Ready, d.Updated), d.Wanted))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.generations)) {
		if !slices.ContainsFunc(s.Deployments, func(d Deployment) bool { return d.Name == name }) {
			behind = append(behind, name+" not there")
		}
	}
	state := cmp.Or(strings.Join(behind, ", "), "pods of before are left")
	late := fmt.Sprintf("not ready after %s (ready replicas: %s)", w.config.Deadline, state)
	if len(found) == 0 {
		return Finding{Reason: ReasonDeadline, Message: late}
	}
	f := found[0]
	f.Message = late + ": " + f.Message
	return f
}
