package datamove

import (
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Verdict is how a run ended.
type Verdict string

// The verdicts. Precedence is refused > incomplete > different > equal.
const (
	// Equal: everything was copied and compared, and is the same on both sides.
	Equal Verdict = "equal"
	// Different: everything was compared, and something is not the same.
	Different Verdict = "different"
	// Incomplete: not everything was copied or compared.
	Incomplete Verdict = "incomplete"
	// Refused: nothing was changed.
	Refused Verdict = "refused"
)

// Report is the equality report of a run.
type Report struct {
	ID      string    `json:"id"`
	Name    string    `json:"name,omitempty"`
	Version string    `json:"version"`
	Command string    `json:"command"` // copy or verify
	Began   time.Time `json:"began"`
	Ended   time.Time `json:"ended"`
	Verdict Verdict   `json:"verdict"`
	// Reason is one line: why it is not equal.
	Reason string `json:"reason,omitempty"`
	Parts  []Part `json:"parts"`
}

// Part is what is known of one store.
type Part struct {
	Name  string `json:"name"`
	Store string `json:"store"` // mysql, redis, s3
	From  Server `json:"from"`
	To    Server `json:"to"`
	// Snapshot is the moment of the source that the copy shows.
	Snapshot Snapshot `json:"cut"`
	// Units are tables, databases of keys, prefixes.
	Units []Unit `json:"units"`
	// Objects are what was made beside data: views, triggers, functions, groups.
	Objects []Object `json:"objects,omitempty"`
	// Masked is what was masked and how often.
	Masked      []Masked     `json:"masked,omitempty"`
	LeftOut     []LeftOut    `json:"leftOut,omitempty"`
	Warnings    []string     `json:"warnings,omitempty"`
	Differences []Difference `json:"differences,omitempty"`
	// MoreDifferences counts those that are not listed.
	MoreDifferences int64           `json:"moreDifferences,omitempty"`
	Resumed         int             `json:"resumed,omitempty"` // how often the run was resumed
	Bytes           int64           `json:"bytes"`
	Took            events.Duration `json:"took"`
	Verdict         Verdict         `json:"verdict"`
	Reason          string          `json:"reason,omitempty"`
}

// Snapshot is the moment of the source that the copy shows.
type Snapshot struct {
	Time time.Time `json:"time,omitzero"`
	// Until is when the reading ended, where it was not one moment.
	Until time.Time `json:"until,omitzero"`
	// Position is the source's own word for it: binlog or replication offset.
	Position string `json:"position,omitempty"`
	// Method is the step of the ladder that was taken.
	Method string `json:"method"`
	// Consistent says that all of it is from one moment.
	Consistent bool `json:"consistent"`
}

// Unit is one table, database of keys or prefix, compared.
type Unit struct {
	Name   string `json:"name"`
	Source Sum    `json:"source"`
	Target Sum    `json:"target"`
	// Copied counts what this run moved; the rest was there.
	Copied int64   `json:"copied"`
	Chunks []Chunk `json:"chunks,omitempty"`
	Equal  bool    `json:"equal"`
}

// Sum is a count and a checksum that says the same of the same content on both
// sides. For masked content the source's is that of what was sent.
type Sum struct {
	Items    int64  `json:"items"`
	Bytes    int64  `json:"bytes,omitempty"`
	Checksum string `json:"checksum,omitempty"`
}

// Chunk is one piece of a unit.
type Chunk struct {
	// Range is where it lies: "(1) .. (5000)", or a type of keys.
	Range  string `json:"range"`
	Source Sum    `json:"source"`
	Target Sum    `json:"target"`
}

// Object is something that was made in the target beside data.
type Object struct {
	Kind string `json:"kind"` // view, trigger, procedure, function, event, sequence, index, library, group
	Name string `json:"name"`
	// Changed says what is different from the source, and why: a mapped definer or collation.
	Changed string `json:"changed,omitempty"`
	Equal   bool   `json:"equal"`
}

// Masked is one rule at work.
type Masked struct {
	Field string `json:"field"`
	As    string `json:"as"`
	Count int64  `json:"count"`
}

// Difference is one row, key or object that is not the same.
type Difference struct {
	Unit string `json:"unit"`
	// ID is the key of the row, the key, the object key.
	ID string `json:"id"`
	// What is "missing", "extra" or "changed".
	What string `json:"what"`
	// Detail names the columns or attributes, never values.
	Detail string `json:"detail,omitempty"`
}
