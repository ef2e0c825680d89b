//go:build unix

package natsbus

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/shakedown-dev/shakedown/events"
)

// lockDir keeps a second server out of the data directory. The kernel gives the
// lock back when the process ends, however it ends.
func lockDir(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "nats.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock data directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // nothing was written
		return nil, events.Errorf(events.KindRefused, "stop that server, or choose another data directory",
			"data directory %s is in use by another server", dir)
	}
	return func() { _ = f.Close() }, nil // closing gives the lock back; nothing was written
}
