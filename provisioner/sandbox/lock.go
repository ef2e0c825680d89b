package sandbox

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// lockFile takes an exclusive lock that ends with the last process that holds
// the file. Destroying a sandbox removes the file, so a lock on a file that was
// removed meanwhile does not count.
func lockFile(ctx context.Context, path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	var locked *os.File
	err := poll(ctx, func() (bool, error) {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return false, err
		}
		if tryLock(f, path) {
			locked = f
			return true, nil
		}
		return false, f.Close()
	})
	return locked, err
}

// tryLock locks f and reports whether it is still the file at path.
func tryLock(f *os.File, path string) bool {
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return false
	}
	ours, err1 := f.Stat()
	there, err2 := os.Stat(path)
	return err1 == nil && err2 == nil && os.SameFile(ours, there)
}

// dropLock removes the lock of a sandbox whose maker was killed before it made
// anything else. A lock that somebody holds stays.
func dropLock(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if !tryLock(f, path) {
		return nil
	}
	return os.Remove(path)
}

// hostLock is held by whoever chooses a network on this machine. It is a name
// without a file, which the kernel gives back when its holder ends.
const hostLock = "@shakedown-sandbox-network"

// lockHost waits until no other process on this machine chooses a network.
func lockHost(ctx context.Context) (net.Listener, error) {
	var held net.Listener
	err := poll(ctx, func() (bool, error) {
		l, err := (&net.ListenConfig{}).Listen(ctx, "unix", hostLock)
		if errors.Is(err, syscall.EADDRINUSE) {
			return false, nil
		}
		held = l
		return err == nil, err
	})
	return held, err
}
