package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// lockEvery is how often a lock that another process holds is tried.
const lockEvery = 200 * time.Millisecond

// locked does something while no other build of the group goes on.
func (b *Builder) locked(ctx context.Context, g Group, do func(lock *os.File) error) error {
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		return err
	}
	lock, err := os.OpenFile(filepath.Join(b.dir, g.Name+".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	for {
		err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return do(lock)
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return fmt.Errorf("locking %s: %w", lock.Name(), err)
		}
		if !events.Wait(ctx, lockEvery) {
			return context.Cause(ctx)
		}
	}
}
