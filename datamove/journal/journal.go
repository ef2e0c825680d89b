// Package journal keeps lines of JSON in a file, in which a run writes down what it
// has done, for the time after a kill.
package journal

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// How many lines, and how long, Append may keep a line from the disk.
const (
	syncEvery = 256
	syncAfter = time.Second
)

// File is a journal that is being written. It may be used by several goroutines.
type File struct {
	now func() time.Time

	mu     sync.Mutex
	file   *os.File
	out    *bufio.Writer
	lines  int // since the last sync
	synced time.Time
}

// Read calls each with every whole line of a file, without its newline, and returns how
// many bytes they take. What follows was torn by a kill. A file that is not there has no
// lines. The error of each ends the reading.
func Read(path string, each func(line []byte) error) (whole int64, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the journal: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	in := bufio.NewReader(file)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return whole, nil
		}
		if err != nil {
			return whole, fmt.Errorf("read the journal: %w", err)
		}
		if err := each(line[:len(line)-1]); err != nil {
			return whole, err
		}
		whole += int64(len(line))
	}
}

// Open opens a file for writing after so many bytes, and cuts off what follows them: 0
// begins a new journal.
func Open(path string, whole int64, now func() time.Time) (*File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	_, err = file.Seek(whole, io.SeekStart)
	if err = errors.Join(err, file.Truncate(whole)); err != nil {
		return nil, fmt.Errorf("open the journal: %w", errors.Join(err, file.Close()))
	}
	return &File{now: now, file: file, out: bufio.NewWriter(file), synced: now()}, nil
}

// Append adds a line. A kill within the next second may lose it. Errors are
// *events.Error of KindUnavailable.
func (f *File) Append(line any) error { return f.add(line, false) }

// Commit adds a line and returns when it is on the disk. Errors are those of Append.
func (f *File) Commit(line any) error { return f.add(line, true) }

func (f *File) add(line any, now bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	text, err := json.Marshal(line)
	if err == nil {
		_, err = f.out.Write(append(text, '\n'))
	}
	f.lines++
	if err == nil && (now || f.lines >= syncEvery || f.now().Sub(f.synced) > syncAfter) {
		err = f.sync()
	}
	if err != nil {
		return events.Errorf(events.KindUnavailable, "make room where the state is kept", "write the journal: %w", err)
	}
	return nil
}

func (f *File) sync() error {
	f.lines, f.synced = 0, f.now()
	return errors.Join(f.out.Flush(), f.file.Sync())
}

// Close puts everything on the disk and closes the file. It may be called again.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return nil
	}
	err := errors.Join(f.sync(), f.file.Close())
	f.file = nil
	if err != nil {
		return fmt.Errorf("close the journal: %w", err)
	}
	return nil
}
