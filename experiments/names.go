package experiments

import (
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// The names under which the command line and the pages know the leaves.
type (
	// Document is an Experiment as a team keeps it in git.
	Document = spec.Document
	// Fault is one step of the method.
	Fault = spec.Fault
	// Record is everything that is known of one run.
	Record = record.Record
	// Verdict is what a run came to.
	Verdict = record.Verdict
	// Note is a remark with its time.
	Note = record.Note
)

// PhaseFinished is the phase of a run that has its verdict.
const PhaseFinished = record.PhaseFinished

// The words of a verdict.
const (
	Passed       = record.Passed
	Failed       = record.Failed
	Inconclusive = record.Inconclusive
	NotRun       = record.NotRun
	Aborted      = record.Aborted
)

// ParseRecord reads a run record. A record of another schema is an error.
func ParseRecord(raw []byte) (record.Record, error) { return record.Parse(raw) }
