package mysql

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/datamove/pace"
)

// threadsEvery is how often the source is asked how busy it is.
const threadsEvery = 500 * time.Millisecond

// throttle calls do while the reading is as slow as the job wants it.
func (r *run) throttle(ctx context.Context, do func(context.Context) error) error {
	want := r.job.Store.Throttle
	t := &throttle{pacer: pace.New(want.BytesPerSecond, r.job.Now)}
	if want.BytesPerSecond > 0 || want.MaxThreadsRunning > 0 {
		r.pace = t.wait
	}
	if want.MaxThreadsRunning == 0 {
		return do(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		if err := t.watch(ctx, r, int64(want.MaxThreadsRunning), stop); err != nil {
			cancel(explain(err, r.from))
		}
	})
	err := do(ctx)
	close(stop)
	wg.Wait()
	return err
}

// throttle holds the reading up.
type throttle struct {
	pacer *pace.Pacer

	mu     sync.Mutex
	closed chan struct{} // not nil while the source is too busy
}

// wait returns when so many bytes more may be read.
func (t *throttle) wait(ctx context.Context, bytes int) error {
	t.mu.Lock()
	gate := t.closed
	t.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return t.pacer.Took(ctx, int64(bytes))
}

// watch closes the gate while the source runs more statements than most.
func (t *throttle) watch(ctx context.Context, r *run, most int64, stop <-chan struct{}) error {
	defer t.open()
	db, err := r.from.open(nil)
	if err != nil {
		return err
	}
	defer db.Close()
	tick := time.NewTicker(threadsEvery)
	defer tick.Stop()
	for {
		var name, value string
		if err := db.QueryRowContext(ctx, "SHOW GLOBAL STATUS LIKE 'Threads_running'").Scan(&name, &value); err != nil {
			return fmt.Errorf("ask how many statements run: %w", err)
		}
		running, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return fmt.Errorf("ask how many statements run: %w", err)
		}
		if running > most {
			t.shut()
		} else {
			t.open()
		}
		select {
		case <-tick.C:
		case <-stop:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

func (t *throttle) shut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed == nil {
		t.closed = make(chan struct{})
	}
}

func (t *throttle) open() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed != nil {
		close(t.closed)
		t.closed = nil
	}
}
