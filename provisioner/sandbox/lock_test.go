package sandbox

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestProcessesAreTellableApart(t *testing.T) {
	start, state, err := processState(os.Getpid())
	if err != nil || state == 'Z' {
		t.Fatal(state, err)
	}
	self := recorded{PID: os.Getpid(), Start: start}
	if !self.alive() {
		t.Error("this process does not run")
	}
	reused := recorded{PID: self.PID, Start: start - 1}
	if reused.alive() {
		t.Error("a process that was started later counts as the recorded one")
	}
	if err := reused.kill(t.Context()); err != nil {
		t.Error(err)
	}
	if err := (recorded{}).kill(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestLocksExcludeAndAreDropped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clusters", "demo.lock")
	first, err := lockFile(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := lockFile(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("second lock: %v", err)
	}
	if err := dropLock(path); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("a lock that is held was dropped: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := dropLock(path); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the lock is still there")
	}
}

func TestHostLockExcludes(t *testing.T) {
	held, err := lockHost(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := lockHost(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("second lock: %v", err)
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
}
