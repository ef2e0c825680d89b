package redis

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

// The steps that the journal keeps.
const (
	stepBegan    = "began"   // the target was found empty, or may be written over
	stepResumed  = "resumed" // the run was taken up again
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

// journal is what a run has done, in Job.StateDir, and outlives the process.
type journal struct {
	dir  string
	mu   sync.Mutex
	file *os.File
	// past are the lines of before.
	past []line

	written *bufio.Writer
	keys    *os.File
	now     func() time.Time
	synced  time.Time
}

// entrySize is that of a written key in the journal.
const entrySize = 8

// syncEvery is how often the written keys are forced to the disk. A process that
// is killed loses nothing of what it wrote to the file before.
const syncEvery = time.Second

// readJournal reads what is there.
func readJournal(dir string) ([]line, error) {
	if dir == "" {
		return nil, nil // a look or a comparison outside of any run
	}
	f, err := os.Open(filepath.Join(dir, "redis.journal"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	return parseJournal(f)
}

// parseJournal skips lines that are torn: a step is done only after its line was
// written whole.
func parseJournal(r io.Reader) ([]line, error) {
	var lines []line
	scanner := bufio.NewScanner(r)
	for scanner.Scan() {
		var l line
		if json.Unmarshal(scanner.Bytes(), &l) == nil && l.Step != "" {
			lines = append(lines, l)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("read the journal after line %d: %w", len(lines), err)
	}
	return lines, nil
}

// startJournal opens the files for appending; fresh forgets what is there.
func startJournal(dir string, fresh bool, past []line, now func() time.Time) (*journal, error) {
	if dir == "" {
		return nil, errors.New("the run has no folder for its journal")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the run: %w", err)
	}
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if fresh {
		flags |= os.O_TRUNC
	}
	file, err := os.OpenFile(filepath.Join(dir, "redis.journal"), flags, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	keys, err := os.OpenFile(filepath.Join(dir, "redis.written"), flags, 0o600)
	if err != nil {
		_ = file.Close() // nothing was written
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	j := &journal{dir: dir, now: now, file: file, keys: keys, past: past, written: bufio.NewWriterSize(keys, 64<<10)}
	if fresh {
		return j, nil
	}
	// A torn line ends here, so that the next one begins a line.
	_, err = file.WriteString("\n")
	return j, errors.Join(err, untorn(keys))
}

// untorn cuts off the half of an entry, after which none would be in its place.
func untorn(keys *os.File) error {
	info, err := keys.Stat()
	if err != nil || info.Size()%entrySize == 0 {
		return err
	}
	return keys.Truncate(info.Size() - info.Size()%entrySize)
}

// did writes a line and returns when it is on the disk.
func (j *journal) did(l line) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	text, err := json.Marshal(l)
	if err == nil {
		_, err = j.file.Write(append(text, '\n'))
	}
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	return nil
}

// writes notes keys that are about to be written.
func (j *journal) writes(database int, keys []string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	var b [entrySize]byte
	for _, k := range keys {
		binary.LittleEndian.PutUint64(b[:], fingerprint(database, k))
		if _, err := j.written.Write(b[:]); err != nil {
			return fmt.Errorf("write the journal: %w", err)
		}
	}
	err := j.written.Flush()
	if now := j.now(); err == nil && now.Sub(j.synced) > syncEvery {
		j.synced, err = now, j.keys.Sync()
	}
	if err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	return nil
}

// wrote says which of the keys, by their fingerprints, the run has written.
func (j *journal) wrote(asked map[uint64]bool) error {
	f, err := os.Open(filepath.Join(j.dir, "redis.written"))
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	r := bufio.NewReaderSize(f, 64<<10)
	var b [entrySize]byte
	for {
		if _, err := io.ReadFull(r, b[:]); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return nil
			}
			return fmt.Errorf("read the journal: %w", err)
		}
		if k := binary.LittleEndian.Uint64(b[:]); !asked[k] {
			if _, known := asked[k]; known {
				asked[k] = true
			}
		}
	}
}

func (j *journal) close() error { return errors.Join(j.file.Close(), j.keys.Close()) }

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
