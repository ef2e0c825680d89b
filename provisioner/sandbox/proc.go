package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// pollEvery is how often the kernel is asked about what it does not announce.
const pollEvery = 10 * time.Millisecond

// recorded names a process beyond the reuse of its id.
type recorded struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"`
}

// readProcess returns the process recorded in a file; a file that is not there
// is no process.
func readProcess(path string) (recorded, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return recorded{}, nil
	}
	if err != nil {
		return recorded{}, err
	}
	var p recorded
	if err := json.Unmarshal(raw, &p); err != nil {
		return p, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// alive reports whether the process runs. One that has ended but was not
// collected by its parent does not.
func (p recorded) alive() bool {
	if p.PID == 0 {
		return false
	}
	start, state, err := processState(p.PID)
	return err == nil && start == p.Start && state != 'Z' && state != 'X'
}

// kill ends the process and returns when it is gone. The handle is taken before
// the process is compared with the record, so it is never another one's.
func (p recorded) kill(ctx context.Context) error {
	if p.PID == 0 {
		return nil
	}
	handle, err := os.FindProcess(p.PID)
	if err != nil {
		return err
	}
	defer func() { _ = handle.Release() }()
	if !p.alive() {
		return nil
	}
	if err := handle.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("ending process %d: %w", p.PID, err)
	}
	return poll(ctx, func() (bool, error) { return !p.alive(), nil })
}

// processState reads when a process was started and what it does.
func processState(pid int) (start uint64, state byte, err error) {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, 0, err
	}
	// The command's name is in parentheses and may hold anything.
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	const stateField, startField = 0, 19
	if len(fields) <= startField {
		return 0, 0, fmt.Errorf("process %d: short stat", pid)
	}
	start, err = strconv.ParseUint(fields[startField], 10, 64)
	return start, fields[stateField][0], err
}

// poll asks until the answer is yes, an error, or ctx ends.
func poll(ctx context.Context, ask func() (bool, error)) error {
	for {
		if yes, err := ask(); yes || err != nil {
			return err
		}
		if !events.Wait(ctx, pollEvery) {
			return context.Cause(ctx)
		}
	}
}
