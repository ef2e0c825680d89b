package redis

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
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
	job      datamove.Job
	observer *outcome.Observer
	scanner  scanner
	// stall is how long replication may stand still.
	stall    time.Duration
	from, to *end
	pairs    []pair
	skew     skew
	tally    tally
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

// newRun is a run without ends.
func (a *Adapter) newRun(j datamove.Job, p datamove.Progress) *run {
	return &run{
		job: j, observer: outcome.Observe(j, p), stall: a.stall,
		scanner: scanner{workers: a.workers, filter: j.Store.Filter(), job: j.ID},
	}
}

// open connects both ends and finds out what they are.
func (a *Adapter) open(ctx context.Context, j datamove.Job, p datamove.Progress) (*run, error) {
	r := a.newRun(j, p)
	var err error
	if r.from, err = connect(ctx, "source", j.From); err != nil {
		return nil, err
	}
	if r.to, err = connect(ctx, "target", j.To); err != nil {
		r.close()
		return nil, err
	}
	if r.pairs, err = r.choose(); err == nil {
		r.skew, err = measureSkew(ctx, r.from, r.to, j.Now)
	}
	if err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// close ends the connections; nothing can be lost with them.
func (r *run) close() {
	for _, e := range []*end{r.from, r.to} {
		if e != nil {
			e.close()
		}
	}
}

// masks is how the run masks; what it masks is noted.
func (r *run) masks() masking { return masking{mask: r.job.Mask, notes: &r.tally.notes} }

// merges says whether what the target has stays.
func (r *run) merges() bool { return r.job.Store.Existing == datamove.ExistingMerge }

func (r *run) bigKey() int64 {
	if b := r.job.Store.Redis.BigKey; b > 0 {
		return min(b, defaultBigKey)
	}
	return defaultBigKey
}
