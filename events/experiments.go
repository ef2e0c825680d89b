package events

import (
	"encoding/json"
	"time"
)

// RunStart asks experiments for one run. The same Run id runs once.
type RunStart struct {
	Run string `json:"run"`
	// Spec is the Experiment document, as JSON.
	Spec json.RawMessage `json:"spec"`
	// Environment is the environment to break; Namespace is used instead where no
	// environment of ours is meant.
	Environment string `json:"environment,omitempty"`
	Namespace   string `json:"namespace,omitempty"`
	// Trigger is what began it: "command", or the type of the event.
	Trigger string `json:"trigger"`
	// By is the user or the CI project that asked.
	By string `json:"by,omitempty"`
}

// RunStarted says that the run was accepted.
type RunStarted struct {
	Run         string    `json:"run"`
	Experiment  string    `json:"experiment"`
	Environment string    `json:"environment,omitempty"`
	Namespace   string    `json:"namespace"`
	At          time.Time `json:"at"`
}

// RunProgressed says what the run does now.
type RunProgressed struct {
	Run        string    `json:"run"`
	Experiment string    `json:"experiment"`
	Phase      string    `json:"phase"`
	Message    string    `json:"message,omitempty"`
	At         time.Time `json:"at"`
}

// RunFinished is the verdict of a run. Nothing changes it afterwards.
type RunFinished struct {
	RunSummary
}

// RunSummary is a run in one line.
type RunSummary struct {
	Run         string `json:"run"`
	Experiment  string `json:"experiment"`
	Environment string `json:"environment,omitempty"`
	Namespace   string `json:"namespace,omitempty"`
	// Phase is "finished" once there is a verdict.
	Phase   string `json:"phase"`
	Verdict string `json:"verdict,omitempty"`
	Reason  string `json:"reason,omitempty"`
	// Advice is the next best thing to mend.
	Advice  string    `json:"advice,omitempty"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
	// Recovery is from the accepted injection until the last victim is healed, and
	// Outage is how long the hypothesis did not hold; both nil when not measured.
	Recovery *Duration `json:"recovery,omitempty"`
	Outage   *Duration `json:"outage,omitempty"`
	// RecoveryBounds and OutageBounds are the two from the best to the worst case, of runs
	// that know them: Recovery and Outage are their worst case, where there is one.
	RecoveryBounds *Bounds `json:"recoveryBounds,omitempty"`
	OutageBounds   *Bounds `json:"outageBounds,omitempty"`
	// Report is the address of the HTML report, where a server shows it.
	Report string `json:"report,omitempty"`
	// Hash is that of the run's record, of runs that have one: kept elsewhere, it shows a
	// record that was rewritten as a whole.
	Hash string `json:"hash,omitempty"`
}

// RunQuery asks for one run by id; "latest" is the newest.
type RunQuery struct {
	Run string `json:"run"`
}

// RunsQuery asks for runs, newest first. Limit 0 means 100.
type RunsQuery struct {
	Experiment  string `json:"experiment,omitempty"`
	Environment string `json:"environment,omitempty"`
	Limit       int    `json:"limit,omitempty"`
	// Open leaves out those that have ended.
	Open bool `json:"open,omitempty"`
}

// RunsAnswer lists runs.
type RunsAnswer struct {
	Runs []RunSummary `json:"runs"`
	// Problem names runs that cannot be read. Runs has the others only.
	Problem string `json:"problem,omitempty"`
	// Retention is how many finished runs there are, and how long they stay.
	Retention *RunRetention `json:"retention,omitempty"`
}

// RunRetention says which finished runs a server keeps: at most MaxRuns, and none
// longer than Keep. Kept is their number now.
type RunRetention struct {
	Kept    int      `json:"kept"`
	MaxRuns int      `json:"maxRuns"`
	Keep    Duration `json:"keep"`
}

// RunAnswer is the whole run record, from which every report is made.
type RunAnswer struct {
	Record json.RawMessage `json:"record"`
}

// RunAbort asks that a run ends now: its faults are reverted, and its verdict is "aborted"
// for Reason. One that is being judged keeps the verdict that it gets.
type RunAbort struct {
	Run string `json:"run"`
	// Environment is what the run breaks; one that breaks something else is refused.
	Environment string `json:"environment"`
	Reason      string `json:"reason"`
}

// Topics and calls of experiments.
var (
	RunStartTopic      = define("v1.experiments.run.start", func(e RunStart) string { return e.Run })
	RunStartedTopic    = define("v1.experiments.run.started", func(e RunStarted) string { return e.Run })
	RunProgressedTopic = define("v1.experiments.run.progressed", func(e RunProgressed) string { return e.Run })
	RunFinishedTopic   = define("v1.experiments.run.finished", func(e RunFinished) string { return e.Run })

	RunAbortCall = ask[RunAbort, RunSummary]("v1.experiments.run.abort")
	RunListCall  = ask[RunsQuery, RunsAnswer]("v1.experiments.run.list")
	RunShowCall  = ask[RunQuery, RunAnswer]("v1.experiments.run.show")
)
