package redis

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	store "github.com/shakedown-dev/shakedown/datamove/journal"
	"github.com/shakedown-dev/shakedown/events"
)

// The steps that the journal keeps.
const (
	stepBegan    = "began"   // the target was found empty, or may be written over
	stepResumed  = "resumed" // the run goes on
	stepAttach   = "attach"  // the target is about to become a replica of the source
	stepDetached = "detached"
	stepCopied   = "copied"
)

// line is one line of the journal. It never holds a secret.
type line struct {
	Step string `json:"step"`
	// Identity is that of the job: another one must not go on with it.
	Identity string `json:"identity,omitempty"`
	Mode     string `json:"mode,omitempty"`
	// Login says that we gave the target the replication login, which must be taken back.
	Login bool `json:"login,omitempty"`
	// Load is the target's own repl-diskless-load, which must be set again; empty
	// when it was not changed.
	Load string `json:"load,omitempty"`
	// Temporary is a name under which a key was grown, in Database.
	Temporary []byte `json:"temporary,omitempty"`
	Database  int    `json:"database,omitempty"`
}

// The files of a journal.
const (
	journalName = "redis.journal"
	writtenName = "redis.written"
)

// readJournal reads what is there. Lines that cannot be read were torn: a step is done
// only after its line was written whole.
func readJournal(dir string) ([]line, error) {
	if dir == "" {
		return nil, nil // a plan or a comparison outside of any run
	}
	var lines []line
	_, err := store.Read(filepath.Join(dir, journalName), func(text []byte) error {
		var l line
		if json.Unmarshal(text, &l) == nil && l.Step != "" {
			lines = append(lines, l)
		}
		return nil
	})
	return lines, err
}

// journal is what a run has done, in Job.StateDir, and outlives the process: its steps
// line by line, and which keys it wrote.
type journal struct {
	steps *store.File
	keys  *written
}

// startJournal opens the files for appending; fresh forgets what is there.
func startJournal(dir string, fresh bool, now func() time.Time) (*journal, error) {
	if dir == "" {
		return nil, errors.New("the run has no folder for its journal")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the run: %w", err)
	}
	path, whole := filepath.Join(dir, journalName), int64(0)
	if !fresh {
		var err error
		if whole, err = store.Read(path, func([]byte) error { return nil }); err != nil {
			return nil, err
		}
	}
	steps, err := store.Open(path, whole, now)
	if err != nil {
		return nil, err
	}
	keys, err := openWritten(filepath.Join(dir, writtenName), fresh, now)
	if err != nil {
		return nil, errors.Join(err, steps.Close())
	}
	return &journal{steps: steps, keys: keys}, nil
}

// did writes a line and returns when it is on the disk.
func (j *journal) did(l line) error { return j.steps.Commit(l) }

func (j *journal) close() error { return errors.Join(j.steps.Close(), j.keys.close()) }

// last is the last line with one of the steps, nil without.
func last(lines []line, steps ...string) *line {
	for i := len(lines) - 1; i >= 0; i-- {
		if slices.Contains(steps, lines[i].Step) {
			return &lines[i]
		}
	}
	return nil
}

// attached is the line of an attachment that has not ended.
func attached(lines []line) *line {
	if l := last(lines, stepAttach, stepDetached); l != nil && l.Step == stepAttach {
		return l
	}
	return nil
}

func count(lines []line, step string) int {
	n := 0
	for _, l := range lines {
		if l.Step == step {
			n++
		}
	}
	return n
}

// identity is the same for the same job, whichever process runs it.
func identity(j datamove.Job) (string, error) {
	what := []any{j.ID, j.From.URL, j.To.URL, j.Store.Include, j.Store.Exclude, j.Store.Existing, j.Store.Redis}
	if j.Mask != nil {
		what = append(what, j.Mask.Fingerprint())
	}
	text, err := json.Marshal(what)
	if err != nil {
		return "", err
	}
	h := sha256.Sum256(text)
	return hex.EncodeToString(h[:]), nil
}

// resumable checks that the journal is one of this job.
func resumable(past []line, identity string) error {
	began := last(past, stepBegan)
	if began != nil && began.Identity != identity {
		return events.Errorf(events.KindRefused, "start a new run", "the run cannot be resumed: its stores, settings or masking have changed since it began")
	}
	return nil
}
