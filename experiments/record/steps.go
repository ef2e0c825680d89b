package record

import (
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Step is one fault of the method: what was asked for, who allowed it, what it hit
// and how it ended.
type Step struct {
	Index int    `json:"index"`
	Fault string `json:"fault"`
	Kind  string `json:"kind"`
	// Target is as resolved: component names have become label selectors.
	Target events.FaultTarget `json:"target"`
	// Seed is the one that the victims were drawn with, by chaos where none was given.
	Seed uint64 `json:"seed,omitempty"`
	// Requested is when the injection was asked for, Injected when it was accepted for
	// every victim, Closed when nothing of the fault was in effect any more.
	Requested time.Time `json:"requested,omitzero"`
	Injected  time.Time `json:"injected,omitzero"`
	Closed    time.Time `json:"closed,omitzero"`
	// Outcome is "injected", "refused", "failed" or "" while it is not known.
	Outcome string `json:"outcome,omitempty"`
	// Reason and Advice are those of a refusal or a failure.
	Reason    string                 `json:"reason,omitempty"`
	Advice    string                 `json:"advice,omitempty"`
	Decisions []events.GuardDecision `json:"decisions,omitempty"`
	Victims   []events.Victim        `json:"victims,omitempty"`
	// Recovered and CloseReason are what chaos said when it closed the fault.
	Recovered   bool     `json:"recovered"`
	CloseReason string   `json:"closeReason,omitempty"`
	Residue     []string `json:"residue,omitempty"`
}

// The outcomes of a step.
const (
	OutcomeInjected = "injected"
	OutcomeRefused  = "refused"
	OutcomeFailed   = "failed"
)

// Target is the component that the step hits, or else what its label selector says.
func (r Record) Target(s Step) string {
	if s.Index >= 0 && s.Index < len(r.Experiment.Spec.Method) {
		if c := r.Experiment.Spec.Method[s.Index].Target.Component; c != "" {
			return c
		}
	}
	if name, ok := strings.CutPrefix(s.Target.Labels, events.LabelComponent+"="); ok {
		return name
	}
	return "victims with " + s.Target.Labels
}
