package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/datamove/pace"
)

// threadsEvery is how often the source is asked how busy it is.
const threadsEvery = 500 * time.Millisecond

// pacing holds the reading up after so many bytes; nil holds nothing up.
type pacing func(ctx context.Context, bytes int) error

// throttled calls do with the pacing that the job wants.
func (r *run) throttled(ctx context.Context, do func(context.Context, pacing) error) error {
	want := r.job.Store.Throttle
	if want.BytesPerSecond <= 0 && want.MaxThreadsRunning <= 0 {
		return do(ctx, nil)
	}
	t := &throttle{pacer: pace.New(want.BytesPerSecond, r.job.Now)}
	if want.MaxThreadsRunning == 0 {
		return do(ctx, t.wait)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		if err := t.watch(ctx, r.from, int64(want.MaxThreadsRunning), stop); err != nil {
			cancel(explain(err, r.from))
		}
	})
	err := do(ctx, t.wait)
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
func (t *throttle) watch(ctx context.Context, from end, most int64, stop <-chan struct{}) error {
	defer t.open()
	db, err := from.open(nil)
	if err != nil {
		return err
	}
	defer db.Close()
	tick := time.NewTicker(threadsEvery)
	defer tick.Stop()
	for {
		if err := t.set(ctx, db, most); err != nil {
			return err
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

// set closes the gate when more statements run than most, and opens it otherwise.
func (t *throttle) set(ctx context.Context, db *sql.DB, most int64) error {
	running, err := threadsRunning(ctx, db)
	if err != nil {
		return fmt.Errorf("ask how many statements run: %w", err)
	}
	if running > most {
		t.shut()
	} else {
		t.open()
	}
	return nil
}

func threadsRunning(ctx context.Context, db *sql.DB) (int64, error) {
	var name, value string
	if err := db.QueryRowContext(ctx, "SHOW GLOBAL STATUS LIKE 'Threads_running'").Scan(&name, &value); err != nil {
		return 0, err
	}
	return strconv.ParseInt(value, 10, 64)
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
