package events

import (
	"encoding/json"
	"time"
)

// PlanSpan is the time from From up to and without To.
type PlanSpan struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// What became of a start of a plan; "" while that is not decided.
const (
	// StartAsked: its runs were asked for.
	StartAsked = "asked"
	// StartVetoed: somebody has taken it out of the plan.
	StartVetoed = "vetoed"
	// StartSkipped: it could not be made, and Reason says why.
	StartSkipped = "skipped"
	// StartMissed: nobody made it in time.
	StartMissed = "missed"
)

// PlanStart is one thing that a schedule starts. Its ID is that of the run; where there are
// several, their ids begin with it.
type PlanStart struct {
	ID       string    `json:"id"`
	Schedule string    `json:"schedule"`
	At       time.Time `json:"at"`
	// Group is what is hit at most once a day, Member the one of it that was drawn, and
	// Fault what hits it. Starts of cron have Experiments instead.
	Group       string   `json:"group,omitempty"`
	Member      string   `json:"member,omitempty"`
	Fault       string   `json:"fault,omitempty"`
	Experiments []string `json:"experiments,omitempty"`
	// Seed is what the draw follows from.
	Seed string `json:"seed,omitempty"`
	// Note says that the clock is changed at that time.
	Note string `json:"note,omitempty"`
	// State is what became of it, Reason why, and By who vetoed it.
	State  string `json:"state,omitempty"`
	Reason string `json:"reason,omitempty"`
	By     string `json:"by,omitempty"`
	// Verdicts are those of its runs that have ended.
	Verdicts map[string]string `json:"verdicts,omitempty"`
}

// PlanDay is what a schedule starts on a day of its zone.
type PlanDay struct {
	Date string `json:"date"`
	// Made is when the plan was stored; one that was not may still change.
	Made time.Time `json:"made,omitzero"`
	// Open are the times in which faults may start; Why says why nothing starts.
	Open   []PlanSpan  `json:"open,omitempty"`
	Why    string      `json:"why,omitempty"`
	Starts []PlanStart `json:"starts,omitempty"`
}

// PlanGroup is what is hit at most once a day.
type PlanGroup struct {
	Name    string   `json:"name"`
	Members []string `json:"members"`
}

// PlanLeft is something in the environments of a schedule that is not hit.
type PlanLeft struct {
	Member string `json:"member"`
	Why    string `json:"why"`
}

// SchedulePlan is what a schedule starts on the days that were asked for.
type SchedulePlan struct {
	Schedule string `json:"schedule"`
	// Hash is that of the document; seeds are made of it.
	Hash     string `json:"hash"`
	TimeZone string `json:"timeZone"`
	// Chance is that of a hit for each group on a working day on which the gap allows one.
	Chance float64     `json:"chance,omitempty"`
	Days   []PlanDay   `json:"days"`
	Groups []PlanGroup `json:"groups,omitempty"`
	Left   []PlanLeft  `json:"left,omitempty"`
	// Problem says why nothing starts: a calendar cannot be read, say.
	Problem string `json:"problem,omitempty"`
}

// PlanMade says that the plan of a day was stored. It has one day.
type PlanMade struct{ SchedulePlan }

// PlanFailed says that the plan of a day cannot be made, so that nothing starts. It is tried
// again until the day is over.
type PlanFailed struct {
	Schedule string `json:"schedule"`
	Date     string `json:"date"`
	Reason   string `json:"reason"`
}

// StartDecided says what became of a start: its State.
type StartDecided struct{ PlanStart }

// Schedule is a schedule as it was applied.
type Schedule struct {
	Name string `json:"name"`
	Hash string `json:"hash"`
	// Document is the Schedule document, as JSON.
	Document json.RawMessage `json:"document"`
	Applied  time.Time       `json:"applied"`
	By       string          `json:"by,omitempty"`
	// Problem is why no plan of it can be made now.
	Problem string `json:"problem,omitempty"`
}

// ScheduleApply asks that a schedule is as the document says. With Try nothing is stored.
type ScheduleApply struct {
	// Document is the Schedule document, as JSON.
	Document json.RawMessage `json:"document"`
	By       string          `json:"by,omitempty"`
	Try      bool            `json:"try,omitempty"`
}

// ScheduleApplied is the schedule, and what became of what was there: "created", "updated"
// or "unchanged".
type ScheduleApplied struct {
	Schedule
	Change string `json:"change"`
}

// ScheduleQuery names a schedule.
type ScheduleQuery struct {
	Name string `json:"name"`
	By   string `json:"by,omitempty"`
}

// ScheduleDeleted says that a schedule starts nothing any more.
type ScheduleDeleted struct {
	Name string `json:"name"`
	By   string `json:"by,omitempty"`
}

// SchedulesAnswer lists schedules by name.
type SchedulesAnswer struct {
	Schedules []Schedule `json:"schedules"`
}

// PlanQuery asks for the plans of all schedules, or of one: of so many days from From on,
// which is the schedule's today when it is "". Days 0 means one.
type PlanQuery struct {
	Schedule string `json:"schedule,omitempty"`
	From     string `json:"from,omitempty"`
	Days     int    `json:"days,omitempty"`
}

// PlansAnswer are plans, by the names of their schedules.
type PlansAnswer struct {
	Plans []SchedulePlan `json:"plans"`
}

// StartVeto asks that a start is taken out of its plan.
type StartVeto struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
	By     string `json:"by,omitempty"`
}

// ExplainQuery asks why something was hit, or not, on a day; "" is today.
type ExplainQuery struct {
	Target string `json:"target"`
	Date   string `json:"date,omitempty"`
}

// Explanation is what one schedule has to say.
type Explanation struct {
	Schedule string `json:"schedule"`
	Date     string `json:"date"`
	// Hit says that the schedule has it in its plan.
	Hit    bool       `json:"hit,omitempty"`
	Reason string     `json:"reason"`
	Start  *PlanStart `json:"start,omitempty"`
}

// ExplainAnswer has an explanation for each schedule.
type ExplainAnswer struct {
	Target       string        `json:"target"`
	Explanations []Explanation `json:"explanations"`
}

// Topics and calls of monkey.
var (
	ScheduleAppliedTopic = define("v1.monkey.schedule.applied", func(e ScheduleApplied) string { return e.Name })
	ScheduleDeletedTopic = define("v1.monkey.schedule.deleted", func(e ScheduleDeleted) string { return e.Name })
	PlanMadeTopic        = define("v1.monkey.plan.made", func(e PlanMade) string { return e.Schedule })
	PlanFailedTopic      = define("v1.monkey.plan.failed", func(e PlanFailed) string { return e.Schedule })
	StartDecidedTopic    = define("v1.monkey.start.decided", func(e StartDecided) string { return e.ID })

	ScheduleApplyCall  = ask[ScheduleApply, ScheduleApplied]("v1.monkey.schedule.apply")
	ScheduleDeleteCall = ask[ScheduleQuery, ScheduleDeleted]("v1.monkey.schedule.delete")
	ScheduleListCall   = ask[Nothing, SchedulesAnswer]("v1.monkey.schedule.list")
	ScheduleShowCall   = ask[ScheduleQuery, Schedule]("v1.monkey.schedule.show")
	PlanListCall       = ask[PlanQuery, PlansAnswer]("v1.monkey.plan.list")
	StartVetoCall      = ask[StartVeto, PlanStart]("v1.monkey.start.veto")
	TargetExplainCall  = ask[ExplainQuery, ExplainAnswer]("v1.monkey.target.explain")
)
