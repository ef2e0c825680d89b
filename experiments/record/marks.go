package record

import (
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// The marks that the probes add to those of the recovery (events.Mark...).
const (
	MarkFirstBad = "first-bad-sample"
	MarkSLIBack  = "sli-back"
)

// The sources of marks.
const (
	SourceWatch = "watch"
	SourceProbe = "probe"
)

// Mark is one point of the recovery timeline.
type Mark struct {
	// Mark is MarkFirstBad, MarkSLIBack, or a name that the kind of fault gives.
	Mark string `json:"mark"`
	// Role is what the mark proves of its victim; Label is it in words.
	Role  events.Role `json:"role,omitempty"`
	Label string      `json:"label,omitempty"`
	At    time.Time   `json:"at"`
	// Heard is when the run heard of it, on the clock of the run; Sent is when what the mark
	// accepts was sent.
	Heard time.Time `json:"heard,omitzero"`
	Sent  time.Time `json:"sent,omitzero"`
	// After is the time since the injection of the same step was accepted.
	After events.Duration `json:"after"`
	Step  int             `json:"step"`
	// Source is "watch" (the API server reported it) or "probe" (the samples showed it).
	Source string `json:"source"`
	// Resolution is the error bar of At: that of the probe, or the gap in the watch after
	// which the mark was found; zero when the watch showed it at once.
	Resolution events.Duration `json:"resolution,omitempty"`
	// Victim is the id of the victim, Object what the mark is about.
	Victim string `json:"victim,omitempty"`
	Object string `json:"object,omitempty"`
	Node   string `json:"node,omitempty"`
	// Probe is the probe's name, where Source is "probe".
	Probe string `json:"probe,omitempty"`
}

// mark puts the probes' marks beside those of the watch and sorts them by time.
func (r *Record) mark() {
	r.Recovery = slices.DeleteFunc(r.Recovery, func(m Mark) bool { return m.Source == SourceProbe })
	for _, p := range r.Probes {
		for _, o := range p.Outages {
			r.Recovery = append(r.Recovery, r.probeMark(p, MarkFirstBad, o.Started))
			if !o.Ended.IsZero() {
				r.Recovery = append(r.Recovery, r.probeMark(p, MarkSLIBack, o.Ended))
			}
		}
	}
	for i := range r.Recovery {
		m := &r.Recovery[i]
		if at := r.Injected(m.Step); !at.IsZero() {
			m.After = events.Duration(m.At.Sub(at))
		}
	}
	slices.SortStableFunc(r.Recovery, func(a, b Mark) int { return a.At.Compare(b.At) })
}

func (r *Record) probeMark(p ProbeSeries, mark string, at time.Time) Mark {
	return Mark{Mark: mark, At: at, Step: r.stepAt(at), Source: SourceProbe, Resolution: p.Resolution, Probe: p.Name}
}

// Proves says whether the mark has the role.
func (m Mark) Proves(role events.Role) bool { return m.role() == role }

// role is that of the mark. Marks from before there were roles have that of their name.
func (m Mark) role() events.Role {
	if m.Role != "" || m.Label != "" {
		return m.Role
	}
	switch m.Mark {
	case events.MarkKillAccepted:
		return events.RoleSent
	case events.MarkVictimGone:
		return events.RoleEffect
	case events.MarkReplacementReady:
		return events.RoleHealed
	}
	return ""
}

// by is when the mark was true at the latest, on our own clock.
func (m Mark) by() time.Time {
	if m.Heard.IsZero() {
		return m.At
	}
	return m.Heard
}

// VictimID is what marks call the victim.
func VictimID(v events.Victim) string {
	if v.ID != "" {
		return v.ID
	}
	return v.UID
}
