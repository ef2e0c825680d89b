package datamove

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// The files in the folder of a run.
const (
	runFile    = "run.json"
	lockFile   = "lock"
	reportFile = "report.json"
	viewFile   = "report.html"
)

// runRecord is what a resume needs of a run.
type runRecord struct {
	ID       string   `json:"id"`
	Document Document `json:"document"`
	// Policy is what allowed the run; a resume needs no other.
	Policy Policy    `json:"policy"`
	Began  time.Time `json:"began"`
	// Attempts is how often the run was begun or resumed.
	Attempts int `json:"attempts"`
	// Ended says that there is nothing to resume.
	Ended bool `json:"ended,omitempty"`
}

// folder is the place of one run on disk. Who has opened it is alone with it.
type folder struct {
	dir    string
	lock   *os.File
	record runRecord
}

// openFolder makes the folder of a new run, or opens that of one to resume.
// Errors: *events.Error of KindNotFound (nothing to resume), KindUnavailable (another
// process works on it) and KindRefused (ended, or another document).
func openFolder(root, id string, doc Document, policy Policy, resume bool, now time.Time) (*folder, error) {
	f := &folder{dir: filepath.Join(root, id)}
	known := exists(filepath.Join(f.dir, runFile))
	if resume && !known {
		return nil, events.Errorf(events.KindNotFound, "shakedown data copy -f FILE", "resume copy %s: there is no such run in %s", id, root)
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return nil, events.Errorf(events.KindInternal, "choose another folder with --data-dir", "open run %s: %w", id, err)
	}
	if err := f.hold(); err != nil {
		return nil, err
	}
	if err := f.begin(id, doc, policy, resume, now); err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// hold keeps a second process out; the lock goes with the process.
func (f *folder) hold() error {
	lock, err := os.OpenFile(filepath.Join(f.dir, lockFile), os.O_CREATE|os.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return events.Errorf(events.KindInternal, "choose another folder with --data-dir", "lock run: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close() // nothing was written
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return events.Errorf(events.KindUnavailable, "wait until it ends, then resume it", "copy %s is being worked on by another process", filepath.Base(f.dir))
		}
		return events.Errorf(events.KindInternal, "choose another folder with --data-dir", "lock run %s: %w", filepath.Base(f.dir), err)
	}
	f.lock = lock
	return nil
}

func (f *folder) begin(id string, doc Document, policy Policy, resume bool, now time.Time) error {
	if resume {
		if err := f.read(runFile, &f.record); err != nil {
			return err
		}
		if f.record.Ended {
			return events.Errorf(events.KindRefused, "shakedown data copy -f FILE", "copy %s has ended; there is nothing to resume", id)
		}
		if doc.Kind != "" && !sameDocument(doc, f.record.Document) {
			return events.Errorf(events.KindRefused, "resume without -f, or begin anew", "copy %s was begun with another document", id)
		}
	} else {
		f.record = runRecord{ID: id, Document: doc, Policy: policy, Began: now}
	}
	f.record.Attempts++
	return f.write(runFile, f.record)
}

func sameDocument(a, b Document) bool {
	left, _ := json.Marshal(a) // plain data can be encoded
	right, _ := json.Marshal(b)
	return bytes.Equal(left, right)
}

// store is the folder of one store of the run.
func (f *folder) store(name string) (string, error) {
	dir := filepath.Join(f.dir, "stores", name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make folder of store %s: %w", name, err)
	}
	return dir, nil
}

func (f *folder) read(name string, into any) error {
	raw, err := os.ReadFile(filepath.Join(f.dir, name))
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		return events.Errorf(events.KindInternal, "begin anew without --resume", "read %s of run %s: %w", name, filepath.Base(f.dir), err)
	}
	return nil
}

// write replaces the file as a whole, so that a crash leaves the old or the new.
func (f *folder) write(name string, value any) error {
	raw, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return f.replace(name, raw)
}

func (f *folder) replace(name string, raw []byte) (err error) {
	temporary, err := os.CreateTemp(f.dir, name+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temporary.Name()) // it may be gone already
		}
	}()
	_, err = temporary.Write(raw)
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return os.Rename(temporary.Name(), filepath.Join(f.dir, name))
}

// report writes the report, as data and as a page, if there is one.
func (f *folder) report(r Report, view []byte) error {
	if err := f.write(reportFile, r); err != nil || view == nil {
		return err
	}
	return f.replace(viewFile, view)
}

// finish writes the report and removes what only a resume would need.
func (f *folder) finish(r Report, view []byte) error {
	if err := f.report(r, view); err != nil || r.Verdict == Incomplete {
		return err
	}
	f.record.Ended = true
	if err := os.RemoveAll(filepath.Join(f.dir, "stores")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove state of run %s: %w", f.record.ID, err)
	}
	return f.write(runFile, f.record)
}

func (f *folder) close() { _ = f.lock.Close() } // gives the lock back; nothing is buffered
