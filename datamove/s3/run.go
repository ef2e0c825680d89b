package s3

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
	"github.com/shakedown-dev/shakedown/datamove/pace"
)

// run is one copy or comparison.
type run struct {
	job      datamove.Job
	observer *outcome.Observer
	from, to *end
	filter   datamove.Filter
	copier   *copier
	journal  *journal
	verify   bool
	began    time.Time

	units    units
	snapshot datamove.Snapshot
	notes    outcome.Notes
	// last is what the last pass has found.
	last *tally
	// sorted is set where the listings must be sorted in memory.
	sorted bool
	// distrust is set once the target has lost something that was sent with an object.
	distrust atomic.Bool
	// resumed is how often the run was begun before, removed how many objects this start
	// removed.
	resumed int
	removed int64
	// ballast is never written to, so it takes no memory; it makes the heap look larger
	// than it is to the garbage collector, which else takes a fifth of the time of small
	// requests.
	ballast []byte
}

// ballastBytes is what more garbage there may be, too.
const ballastBytes = 16 << 20

// newRun opens both ends.
func (a *Adapter) newRun(ctx context.Context, j datamove.Job, p datamove.Progress) (*run, error) {
	from, to, err := a.open(ctx, j)
	if err != nil {
		return nil, err
	}
	r := &run{
		job: j, observer: outcome.Observe(j, p), from: from, to: to, filter: j.Store.Filter(), began: j.Now(), ballast: make([]byte, ballastBytes),
	}
	r.copier = &copier{
		from: from, to: to, mask: j.Mask, pacer: pace.New(j.Store.Throttle.BytesPerSecond, j.Now), memory: newBudget(memoryBudget),
		copyLimit: a.opts.CopyLimit, notes: &r.notes,
	}
	r.copier.way.streamed = j.Store.S3.Streamed
	return r, nil
}

// openJournal begins the journal, or goes on with it.
func (r *run) openJournal() (err error) {
	r.journal, err = openJournal(r.job)
	r.copier.journal = r.journal
	return err
}

func (r *run) close() {
	r.from.close()
	r.to.close()
	runtime.KeepAlive(r.ballast)
}

// step names a step, to the user and to a test that ends the process there.
func (r *run) step(name string) {
	r.observer.Step(name)
	r.observer.Reached(name)
}

// includes says whether a key is of this copy.
func (r *run) includes(rel string) bool { return r.filter.Takes(r.from.key(rel), rel) }
