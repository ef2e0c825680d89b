package redis

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/datamove"
)

// defaultBigKey is the size from which a key is copied in pieces.
const defaultBigKey = 32 << 20

// Adapter copies Redis. Make it with New.
type Adapter struct {
	// workers is how many batches are under way at once.
	workers int
	// stall is how long replication may stand still.
	stall time.Duration
}

var _ datamove.Adapter = (*Adapter)(nil)

// New returns an Adapter for Redis and what speaks its protocol.
func New() *Adapter {
	// The library writes failures to stderr that it also returns.
	goredis.SetLogger(silent{})
	return &Adapter{workers: 4, stall: 30 * time.Second}
}

// silent logs nothing.
type silent struct{}

// Printf does nothing.
func (silent) Printf(context.Context, string, ...any) {}

// run is one call of an Adapter.
type run struct {
	adapter  *Adapter
	job      datamove.Job
	progress datamove.Progress
	from, to *side
	pairs    []pair
	// clock is how far the target's clock is ahead of the source's.
	clock time.Duration
	tally tally
	// replicated says that all that the target has came from the source, or was
	// written after the target was detached.
	replicated bool
	// changed says that the target may not be as it was.
	changed bool
}

// pair is a database of the source and where it goes.
type pair struct {
	from, to *base
	// copied counts keys that were written, some of them more than once.
	copied *atomic.Int64
}

func newPair(from, to *base) pair { return pair{from, to, new(atomic.Int64)} }

func (p pair) name() string { return fmt.Sprintf("db%d", p.from.number) }

// open connects both ends and finds out what they are.
func (a *Adapter) open(ctx context.Context, j datamove.Job, p datamove.Progress) (*run, error) {
	r := &run{adapter: a, job: j, progress: p}
	var err error
	if r.from, err = connect(ctx, "source", j.From); err != nil {
		return nil, err
	}
	if r.to, err = connect(ctx, "target", j.To); err != nil {
		r.close()
		return nil, err
	}
	if r.pairs, err = r.choose(); err == nil {
		r.clock, err = r.skew(ctx)
	}
	if err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// close ends the connections; nothing can be lost with them.
func (r *run) close() {
	for _, s := range []*side{r.from, r.to} {
		if s != nil {
			s.close()
		}
	}
}

func (r *run) step(name string) {
	if r.progress != nil {
		r.progress.Step(name)
	}
}

func (r *run) count(unit string, done, total, bytes int64) {
	if r.progress != nil {
		r.progress.Count(unit, done, total, bytes)
	}
}

func (r *run) checkpoint(step string) {
	if r.job.Checkpoint != nil {
		r.job.Checkpoint(step)
	}
}

func (r *run) bigKey() int64 {
	if b := r.job.Store.Redis.BigKey; b > 0 {
		return min(b, defaultBigKey)
	}
	return defaultBigKey
}
