package redis

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// entrySize is that of a written key in the file.
const entrySize = 8

// syncEvery is how often the written keys are forced to the disk. A process that
// is killed loses nothing of what it wrote to the file before.
const syncEvery = time.Second

// written are the fingerprints of the keys that a run wrote, in a file.
type written struct {
	now func() time.Time

	mu     sync.Mutex
	file   *os.File
	out    *bufio.Writer
	synced time.Time
}

// openWritten opens a file for appending; fresh forgets what is there.
func openWritten(path string, fresh bool, now func() time.Time) (*written, error) {
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if fresh {
		flags |= os.O_TRUNC
	}
	file, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the journal of keys: %w", err)
	}
	w := &written{now: now, file: file, out: bufio.NewWriterSize(file, 64<<10)}
	if err := w.trimTorn(); err != nil {
		return nil, fmt.Errorf("open the journal of keys: %w", errors.Join(err, file.Close()))
	}
	return w, nil
}

// trimTorn cuts off the half of an entry, after which none would be in its place.
func (w *written) trimTorn() error {
	info, err := w.file.Stat()
	if err != nil || info.Size()%entrySize == 0 {
		return err
	}
	return w.file.Truncate(info.Size() - info.Size()%entrySize)
}

// add notes keys that are about to be written.
func (w *written) add(database int, keys []string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var b [entrySize]byte
	for _, k := range keys {
		binary.LittleEndian.PutUint64(b[:], fingerprint(database, k))
		if _, err := w.out.Write(b[:]); err != nil {
			return fmt.Errorf("write the journal of keys: %w", err)
		}
	}
	err := w.out.Flush()
	if now := w.now(); err == nil && now.Sub(w.synced) > syncEvery {
		w.synced, err = now, w.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("write the journal of keys: %w", err)
	}
	return nil
}

// has says which of the keys, by their fingerprints, the run has written.
func (w *written) has(asked map[uint64]bool) error {
	f, err := os.Open(w.file.Name())
	if err != nil {
		return fmt.Errorf("read the journal of keys: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	in := bufio.NewReaderSize(f, 64<<10)
	var b [entrySize]byte
	for {
		if _, err := io.ReadFull(in, b[:]); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return nil
			}
			return fmt.Errorf("read the journal of keys: %w", err)
		}
		if k := binary.LittleEndian.Uint64(b[:]); !asked[k] {
			if _, known := asked[k]; known {
				asked[k] = true
			}
		}
	}
}

func (w *written) close() error { return w.file.Close() }
