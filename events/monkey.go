package events

import "time"

// PlanSpan is the time from From up to and without To.
type PlanSpan struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

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
}

// PlanDay is what a schedule starts on a day of its zone.
type PlanDay struct {
	Date string `json:"date"`
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
}
