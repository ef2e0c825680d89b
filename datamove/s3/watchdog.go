package s3

import (
	"context"
	"errors"
	"io"
	"time"
)

// watchdog ends a request that stands still.
type watchdog struct {
	timer  *time.Timer
	period time.Duration
}

// watched is a context that ends when nothing is read for the period.
func watched(ctx context.Context, period time.Duration) (context.Context, *watchdog, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	dog := &watchdog{period: period, timer: time.AfterFunc(period, func() { cancel(errStalled) })}
	return ctx, dog, func() {
		dog.timer.Stop()
		cancel(nil)
	}
}

// alive puts the end off.
func (w *watchdog) alive() { w.timer.Reset(w.period) }

// stalled is err, or that the request stood still when that was its reason.
func stalled(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errStalled) {
		return errStalled
	}
	return err
}

// meter is a body on its way: it feeds the watchdog and counts, and says so when the body
// is short.
type meter struct {
	in       io.Reader
	left     int64
	watchdog *watchdog
	// took is called with the bytes of each read and may hold the reading up.
	took func(n int64) error
}

// Read implements io.Reader.
func (m *meter) Read(p []byte) (int, error) {
	n, err := m.in.Read(p)
	m.left -= int64(n)
	m.watchdog.alive()
	if n > 0 {
		m.watchdog.timer.Stop() // a pause of ours is no stall
		if failed := m.took(int64(n)); failed != nil {
			return n, failed
		}
		m.watchdog.alive()
	}
	if errors.Is(err, io.EOF) && m.left > 0 {
		return n, errShort
	}
	return n, err
}
