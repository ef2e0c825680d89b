package s3

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

const (
	journalName = "journal.jsonl"
	// syncEvery is how many lines, and syncAfter how long, may be lost by a kill.
	// What is lost is compared or copied again.
	syncEvery = 256
	syncAfter = time.Second
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
	// Of an upload in parts: wanted, begun with that ID, ended.
	Want  string `json:"want,omitempty"`
	Begun string `json:"begun,omitempty"`
	Ended string `json:"ended,omitempty"`
}

// journal remembers what a run has done, for the time after a kill. The zero
// StateDir makes one in memory only.
type journal struct {
	mu      sync.Mutex
	file    *os.File
	out     *bufio.Writer
	now     func() time.Time
	lines   int
	synced  time.Time
	seed    maphash.Seed
	written map[uint64]struct{} // key and target's ETag: of this run
	proven  map[uint64]struct{} // key and both ETags: the same content under other ETags
	uploads map[string]string   // upload ID to target key, of uploads not known to have ended
	wanted  map[string]wish
	starts  int
}

// openJournal begins a journal, or goes on with one.
func openJournal(j datamove.Job) (*journal, error) {
	l := &journal{
		now: j.Now, seed: maphash.MakeSeed(), synced: j.Now(), written: map[uint64]struct{}{}, proven: map[uint64]struct{}{},
		uploads: map[string]string{}, wanted: map[string]wish{},
	}
	if j.StateDir == "" {
		return l, nil
	}
	head := entry{From: j.From.URL, To: j.To.URL}
	if j.Mask != nil {
		head.Policy = j.Mask.Fingerprint()
	}
	path := filepath.Join(j.StateDir, journalName)
	kept, err := l.read(path, j.Resume, head)
	if err != nil {
		return nil, err
	}
	if l.file, err = os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	if err := errors.Join(l.file.Truncate(kept), seekEnd(l.file)); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	l.out = bufio.NewWriter(l.file)
	head.Began = j.Now()
	return l, l.write(head)
}

func seekEnd(f *os.File) error {
	_, err := f.Seek(0, io.SeekEnd)
	return err
}

// read takes in what an earlier start wrote and returns how much of it is whole.
func (l *journal) read(path string, resume bool, want entry) (int64, error) {
	raw, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !resume {
		if err == nil {
			_ = raw.Close()
		}
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("journal: %w", err)
	}
	defer func() { _ = raw.Close() }()
	in := bufio.NewReader(raw)
	var kept int64
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return kept, nil // a line that a kill cut off does not count
		}
		if err != nil {
			return 0, fmt.Errorf("journal: %w", err)
		}
		var e entry
		if err := json.Unmarshal(bytes.TrimSpace(line), &e); err != nil {
			return 0, events.Errorf(events.KindRefused, "start the copy anew, without --resume", "journal %s: a line cannot be read", path)
		}
		if e.From != "" && (e.From != want.From || e.To != want.To || e.Policy != want.Policy) {
			return 0, events.Errorf(events.KindRefused, "start the copy anew, without --resume",
				"the run was begun between other places or under another masking policy, so it cannot go on")
		}
		l.take(e)
		kept += int64(len(line))
	}
}

// take remembers what a line says.
func (l *journal) take(e entry) {
	switch {
	case e.From != "":
		l.starts++
	case e.Want != "" && e.Begun != "":
		l.granted(e.Want, e.Begun)
	case e.Want != "":
		l.wished(e.Want, e.Began)
	case e.Ended != "":
		delete(l.uploads, e.Ended)
	default:
		l.remember(e)
	}
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

// wrote notes an object that was written and, where the source's ETag is given,
// proven to be right.
func (l *journal) wrote(rel, source, target string, size int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := entry{Key: rel, Source: source, Target: target, Size: size}
	l.remember(e)
	return l.add(e)
}

// same notes that two ETags were found to mean the same content.
func (l *journal) same(rel, source, target string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.proven) < rememberMost {
		l.proven[l.hash(rel, source, target)] = struct{}{}
	}
}

// ours says whether this run wrote what the target has.
func (l *journal) ours(rel, target string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, found := l.written[l.hash(rel, target)]
	return found
}

// knows says whether two ETags are known to mean the same content.
func (l *journal) knows(rel, source, target string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.proven) == 0 {
		return false
	}
	_, found := l.proven[l.hash(rel, source, target)]
	return found
}

// wish is how often an upload of a key was asked for without an answer, and when
// first and last.
type wish struct {
	since, last time.Time
	count       int
}

func (l *journal) wished(key string, at time.Time) {
	w := l.wanted[key]
	if w.count == 0 {
		w.since = at
	}
	w.last = at
	w.count++
	l.wanted[key] = w
}

func (l *journal) granted(key, id string) {
	l.uploads[id] = key
	w := l.wanted[key]
	if w.count--; w.count <= 0 {
		delete(l.wanted, key)
		return
	}
	l.wanted[key] = w
}

// want, begun and ended note the life of an upload in parts: want each request for
// one. The first two are on disk when they return.
func (l *journal) want(key string) error {
	at := l.now()
	l.mu.Lock()
	l.wished(key, at)
	l.mu.Unlock()
	return l.write(entry{Want: key, Began: at})
}

func (l *journal) begun(key, id string) error {
	l.mu.Lock()
	l.granted(key, id)
	l.mu.Unlock()
	return l.write(entry{Want: key, Begun: id})
}

func (l *journal) ended(id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.uploads, id)
	return l.add(entry{Ended: id})
}

// write adds a line and puts everything on disk.
func (l *journal) write(e entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = syncEvery
	return l.add(e)
}

// add adds a line. The lock must be held.
func (l *journal) add(e entry) error {
	if l.file == nil {
		return nil
	}
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	_, err = l.out.Write(append(line, '\n'))
	l.lines++
	if err == nil && (l.lines >= syncEvery || l.now().Sub(l.synced) > syncAfter) {
		err = l.sync()
	}
	if err != nil {
		return events.Errorf(events.KindUnavailable, "make room where the state is kept", "write journal: %w", err)
	}
	return nil
}

func (l *journal) sync() error {
	l.lines, l.synced = 0, l.now()
	return errors.Join(l.out.Flush(), l.file.Sync())
}

// close puts everything on disk and closes the file.
func (l *journal) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := errors.Join(l.sync(), l.file.Close())
	l.file = nil
	return err
}

// open are the uploads that are not known to have ended, by ID.
func (l *journal) open() map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.uploads)
}

// unanswered are the keys of uploads that were asked for and whose ID was not told.
func (l *journal) unanswered() map[string]wish {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.wanted)
}
