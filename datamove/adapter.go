package datamove

import (
	"context"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Adapter copies one kind of store. All methods may be called at once for
// different jobs. None of them changes the source. An include that fits nothing is a
// refusal of the plan and the copy, and invalid to Verify: see UnfittedInclude.
//
// Errors are *events.Error: invalid (the job cannot mean anything), not-found
// (no such database, bucket), refused (a guard said no: rights that are missing,
// a target that is not empty; nothing was changed), unavailable (no answer,
// disconnected; may be resumed), partial (some of it is done; may be resumed), internal.
type Adapter interface {
	// Plan inspects both ends and changes nothing at either.
	Plan(ctx context.Context, j Job) (Plan, error)
	// Copy copies and then compares. It goes on where a copy with the same Job.ID
	// stopped when Job.Resume is set. The Part is what is known also when an error
	// is returned.
	Copy(ctx context.Context, j Job, p Progress) (Part, error)
	// Verify compares without copying and changes nothing at either end.
	Verify(ctx context.Context, j Job, p Progress) (Part, error)
	// Fields samples what could be personal, at most n values a field.
	Fields(ctx context.Context, j Job, n int) ([]Field, error)
}

// Job is one store of a DataCopy with everything resolved.
type Job struct {
	// ID is that of the run, the same when it is resumed: a DNS label.
	ID string
	// Resume goes on with what the run has done before.
	Resume bool
	Store  Store
	From   Access
	To     Access
	// Mask is nil when nothing is masked.
	Mask Masker
	// StateDir is a folder of this run and store that survives the process.
	StateDir string
	// Judged is the fingerprint of the target that the guards have judged; a copy to
	// another one is refused. "" for none.
	Judged string
	// Now is the clock, never nil.
	Now func() time.Time
	// Checkpoint is called with a word for each step that is done, and may be nil;
	// tests end the process there.
	Checkpoint func(step string)
}

// Meets is an error of KindRefused when the target, to which an adapter has connected
// again, is not the server that the guards have judged.
func (j Job) Meets(to Server) error {
	if j.Judged == "" || j.Judged == to.Fingerprint {
		return nil
	}
	return events.Errorf(events.KindRefused, "see what its name stands for, and begin again",
		"the server behind %s is not the one that was inspected: its fingerprint is %q, and was %q", to.URL, to.Fingerprint, j.Judged)
}

// Access is an Endpoint with its secret. Print it only by String, which has none.
type Access struct {
	Endpoint
	// Secret is the password, or the key pair of S3; empty for none.
	Secret string `json:"-"`
}

// String is the URL, which holds no secret.
func (a Access) String() string { return a.URL }

// GoString is like String, for %#v.
func (a Access) GoString() string { return a.URL }

// Progress hears how far a store has come. Calls may come from several goroutines.
type Progress interface {
	// Step says what is done now: "snapshot", "tables", "indexes", "compare".
	Step(name string)
	// Count says how far a unit (table, database, prefix) is. Total is an estimate,
	// 0 when it is not known. Bytes are those moved since the last call.
	Count(unit string, done, total, bytes int64)
}

// Plan is what the inspection of both ends has found.
type Plan struct {
	Store string `json:"store"`
	From  Server `json:"from"`
	To    Server `json:"to"`
	// Units are what would be copied.
	Units []PlanUnit `json:"units"`
	// Findings are refusals, warnings and notes.
	Findings []Finding `json:"findings,omitempty"`
	// LeftOut is what would not be copied, and why.
	LeftOut []LeftOut `json:"leftOut,omitempty"`
	// Method is how it would be copied: "one connection", "scan", "server-side".
	Method string `json:"method"`
	// Estimate is how long it takes, by rates measured in the inspection or known ones.
	Estimate time.Duration `json:"estimate"`
}

// Server is one end as it was found.
type Server struct {
	URL     string `json:"url"`
	Product string `json:"product"`
	Version string `json:"version"`
	// Fingerprint is the same for the same server, whatever address it is reached by.
	Fingerprint string `json:"fingerprint"`
	// Endpoint is the server behind the bucket of S3, also one that the SDK's own
	// settings name; "" for Amazon's.
	Endpoint string `json:"endpoint,omitempty"`
	// Connections are those of other clients now, -1 when it cannot be known; Uncounted
	// then says what would let them be counted, if anything.
	Connections int    `json:"connections"`
	Uncounted   string `json:"uncounted,omitempty"`
	// Connectionless says that nobody stays connected to such a server, so that there
	// is nothing to count.
	Connectionless bool `json:"connectionless,omitempty"`
	// Items and Bytes are what is there already.
	Items int64 `json:"items"`
	Bytes int64 `json:"bytes"`
}

// PlanUnit is one table, database of keys or prefix that would be copied.
type PlanUnit struct {
	Name string `json:"name"`
	// Items is an estimate where Exact is false.
	Items int64 `json:"items"`
	Bytes int64 `json:"bytes"`
	Exact bool  `json:"exact,omitempty"`
	// How is the way: "chunks by (id)", "one stream: no key".
	How string `json:"how,omitempty"`
}

// Severity says what a finding means for the copy.
type Severity string

// The severities.
const (
	// Refusal stops the copy before anything is changed.
	Refusal Severity = "refusal"
	// Warning does not stop it; somebody should know.
	Warning Severity = "warning"
	// Note is for completeness.
	Note Severity = "note"
)

// Finding is one thing that the inspection has found.
type Finding struct {
	Severity Severity `json:"severity"`
	// Check is the name of the check: "rights", "float-columns", "not-empty".
	Check   string `json:"check"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// LeftOut is what was not copied.
type LeftOut struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// Field is something with values that could be personal.
type Field struct {
	// Store is "mysql", "redis" or "s3".
	Store string `json:"store"`
	// Name is database.table.column, a key pattern, or an object prefix; Path leads
	// on into a hash or JSON.
	Name string `json:"name"`
	Path string `json:"path,omitempty"`
	// Type is the column's type, the key's type or the content type.
	Type    string   `json:"type"`
	Unique  bool     `json:"unique,omitempty"`
	Samples []string `json:"-"`
}
