package s3

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"path/filepath"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	store "github.com/shakedown-dev/shakedown/datamove/journal"
	"github.com/shakedown-dev/shakedown/events"
)

const (
	journalName = "journal.jsonl"
	// rememberMost is how many objects are remembered to be this run's own, and as many
	// to be proven; those beyond are compared by reading them.
	rememberMost = 500_000
)

// entry is one line of the journal.
type entry struct {
	// Of the first line: what the run is.
	From   string `json:"from,omitempty"`
	To     string `json:"to,omitempty"`
	Policy string `json:"policy,omitempty"`
	// Of the first line of each start.
	Began time.Time `json:"began,omitzero"`
	// Of an object that was written: its key below the prefix, the ETags of the
	// source (once it is proven to be the same) and the target, and the size in the
	// target.
	Key    string `json:"k,omitempty"`
	Source string `json:"s,omitempty"`
	Target string `json:"t,omitempty"`
	Size   int64  `json:"n,omitempty"`
	// Of an upload in parts: requested, begun with that ID, ended.
	Want  string `json:"want,omitempty"`
	Begun string `json:"begun,omitempty"`
	Ended string `json:"ended,omitempty"`
}

// journal remembers what a run has done, for the time after a kill. What a kill loses
// of it is compared or copied again. The zero StateDir makes one in memory only.
type journal struct {
	file *store.File // nil in memory
	now  func() time.Time
	seed maphash.Seed

	mu      sync.Mutex
	written map[uint64]struct{} // key and target's ETag: of this run
	proven  map[uint64]struct{} // key and both ETags: the same content under other ETags
	uploads uploads
	starts  int
}

// openJournal begins a journal, or goes on with one.
func openJournal(j datamove.Job) (*journal, error) {
	l := &journal{now: j.Now, seed: maphash.MakeSeed(), written: map[uint64]struct{}{}, proven: map[uint64]struct{}{}, uploads: newUploads()}
	if j.StateDir == "" {
		return l, nil
	}
	head := entry{From: j.From.URL, To: j.To.URL}
	if j.Mask != nil {
		head.Policy = j.Mask.Fingerprint()
	}
	path, whole := filepath.Join(j.StateDir, journalName), int64(0)
	var err error
	if j.Resume {
		if whole, err = store.Read(path, func(line []byte) error { return l.replay(path, line, head) }); err != nil {
			return nil, err
		}
	}
	if l.file, err = store.Open(path, whole, j.Now); err != nil {
		return nil, err
	}
	head.Began = j.Now()
	return l, l.file.Commit(head)
}

// replay takes in a line of an earlier start of the run that want is the head of.
func (l *journal) replay(path string, line []byte, want entry) error {
	var e entry
	if err := json.Unmarshal(bytes.TrimSpace(line), &e); err != nil {
		return events.Errorf(events.KindRefused, "start the copy anew, without --resume", "journal %s: a line cannot be read", path)
	}
	if e.From != "" && (e.From != want.From || e.To != want.To || e.Policy != want.Policy) {
		return events.Errorf(events.KindRefused, "start the copy anew, without --resume",
			"the run was begun between other places or under another masking policy, so it cannot go on")
	}
	switch {
	case e.From != "":
		l.starts++
	case e.Want != "" && e.Begun != "":
		l.uploads.begin(e.Want, e.Begun)
	case e.Want != "":
		l.uploads.request(e.Want, e.Began)
	case e.Ended != "":
		l.uploads.end(e.Ended)
	default:
		l.remember(e)
	}
	return nil
}

func (l *journal) remember(e entry) {
	if len(l.written) < rememberMost {
		l.written[l.hash(e.Key, e.Target)] = struct{}{}
	}
	if e.Source != "" && e.Source != e.Target && len(l.proven) < rememberMost {
		l.proven[l.hash(e.Key, e.Source, e.Target)] = struct{}{}
	}
}

func (l *journal) hash(parts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(l.seed)
	for _, p := range parts {
		_, _ = h.WriteString(p)
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}

// append adds a line.
func (l *journal) append(e entry) error {
	if l.file == nil {
		return nil
	}
	return l.file.Append(e)
}

// commit adds a line and returns when it is on the disk.
func (l *journal) commit(e entry) error {
	if l.file == nil {
		return nil
	}
	return l.file.Commit(e)
}

// close puts everything on disk and closes the file.
func (l *journal) close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}
