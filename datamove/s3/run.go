package s3

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/pace"
	"github.com/shakedown-dev/shakedown/events"
)

const (
	// roundMost is how many passes may copy: the first, and those that catch up with
	// a source that changes. The pass after the last only compares.
	roundMost = 4
	// maxDelete is the cap on deletes where the document has none.
	maxDelete = 100
)

// run is one copy or comparison.
type run struct {
	*copier
	job      datamove.Job
	progress datamove.Progress
	filter   datamove.Filter
	verify   bool
	began    time.Time

	units  units
	part   datamove.Part
	masks  map[[2]string]int64
	sorted bool  // the listings must be sorted in memory
	kept   int64 // objects that only the target has and that are no difference, of the last pass
	last   *tally
	// distrust is set once the target has lost something that was sent with an object.
	distrust atomic.Bool
	// removed counts the objects that this start removed.
	removed int64

	mu    sync.Mutex
	bytes int64
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
	r := &run{job: j, progress: p, filter: j.Store.Filter(), began: j.Now(), masks: map[[2]string]int64{}, ballast: make([]byte, ballastBytes)}
	r.copier = &copier{
		Adapter: a, from: from, to: to, mask: j.Mask, pacer: pace.New(j.Store.Throttle.BytesPerSecond, j.Now),
		streamed: j.Store.S3.Streamed, memory: newBudget(memoryBudget), warnings: map[string]bool{}, moved: r.count, masked: r.countMask,
	}
	r.part = datamove.Part{Name: j.Store.Name, Store: datamove.StoreS3, From: server(from), To: server(to)}
	return r, nil
}

func (r *run) close() {
	r.from.close()
	r.to.close()
	runtime.KeepAlive(r.ballast)
}

func (r *run) count(rel string, n int64) {
	r.mu.Lock()
	r.bytes += n
	r.mu.Unlock()
}

func (r *run) countMask(rel, as string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.masks[[2]string{unitName(rel) + "*", as}]++
}

// step tells of a step, to the user and to a test that ends the process there.
func (r *run) step(name string) {
	if r.progress != nil {
		r.progress.Step(name)
	}
	r.checkpoint(name)
}

func (r *run) checkpoint(name string) {
	if r.job.Checkpoint != nil {
		r.job.Checkpoint(name)
	}
}

// Copy implements datamove.Adapter.
func (a *Adapter) Copy(ctx context.Context, j datamove.Job, p datamove.Progress) (datamove.Part, error) {
	r, err := a.newRun(ctx, j, p)
	if err != nil {
		return datamove.Part{Name: j.Store.Name, Store: datamove.StoreS3, Verdict: datamove.Refused, Reason: err.Error()}, err
	}
	defer r.close()
	return r.finish(r.copyAll(ctx))
}

// Verify implements datamove.Adapter.
func (a *Adapter) Verify(ctx context.Context, j datamove.Job, p datamove.Progress) (datamove.Part, error) {
	j.StateDir, j.Resume = "", false
	r, err := a.newRun(ctx, j, p)
	if err != nil {
		return datamove.Part{Name: j.Store.Name, Store: datamove.StoreS3, Verdict: datamove.Refused, Reason: err.Error()}, err
	}
	defer r.close()
	r.verify = true
	return r.finish(r.compareAll(ctx))
}

// compareAll compares and changes nothing.
func (r *run) compareAll(ctx context.Context) (err error) {
	r.step("look")
	if err := r.guards(ctx); err != nil {
		return err
	}
	if r.journal, err = openJournal(r.job); err != nil {
		return err
	}
	r.step("compare")
	_, err = r.pass(ctx, passMode{})
	return err
}

// copyAll copies in rounds until a pass finds nothing to do.
func (r *run) copyAll(ctx context.Context) (err error) {
	r.step("look")
	if err := r.guards(ctx); err != nil {
		return err
	}
	if r.journal, err = openJournal(r.job); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.journal.close()) }()
	if r.job.Resume {
		r.part.Resumed = max(0, r.journal.starts)
		if err := r.sweep(ctx); err != nil {
			return err
		}
	}
	found, err := r.before(ctx)
	if err != nil || found != nil && found.idle() && (found.extra == 0 || !r.job.Store.S3.Delete) {
		return err
	}
	if err := r.rounds(ctx); err != nil {
		return err
	}
	return r.sweepUnanswered(ctx)
}

// before compares first where something would make the copy refuse: objects that
// are there already, or too many to remove.
func (r *run) before(ctx context.Context) (*tally, error) {
	fail := r.job.Store.Existing == "" || r.job.Store.Existing == datamove.ExistingFail
	if fail {
		first, _ := r.page(ctx, r.to, nil, 1)
		if first.err != nil {
			return nil, first.err
		}
		fail = len(first.objects) > 0
	}
	if !fail && !r.job.Store.S3.Delete {
		return nil, nil
	}
	r.step("compare")
	found, err := r.pass(ctx, passMode{})
	if err != nil {
		return nil, err
	}
	if fail && found.foreign > 0 {
		return nil, events.Errorf(events.KindRefused, "say existing: replace or merge, or choose an empty prefix",
			"%d objects below s3://%s/%s differ from those that would be copied there, the first is %q",
			found.foreign, r.to.bucket, r.to.prefix, found.firstForeign)
	}
	return found, r.capped(found)
}

// capped refuses to remove more than is allowed.
func (r *run) capped(found *tally) error {
	most := r.maxDelete()
	if r.job.Store.S3.Delete && r.removed+found.extra > int64(most) {
		return events.Errorf(events.KindRefused, "look at what is there, or raise s3.maxDelete",
			"%d objects below s3://%s/%s are not in the source, and at most %d may be removed; %d were",
			found.extra, r.to.bucket, r.to.prefix, most, r.removed)
	}
	return nil
}

func (r *run) maxDelete() int {
	if most := r.job.Store.S3.MaxDelete; most > 0 {
		return most
	}
	return maxDelete
}

// rounds copies until there is nothing left to do, then the last pass was the
// comparison.
func (r *run) rounds(ctx context.Context) error {
	for round := 1; ; round++ {
		r.step(map[bool]string{true: "objects", false: "compare"}[round == 1])
		found, err := r.pass(ctx, passMode{copying: round <= roundMost, round: round})
		if err != nil {
			return err
		}
		if err := r.failed(found); err != nil && (found.idle() || round > roundMost) {
			return err
		}
		removed, err := r.remove(ctx, found)
		if err != nil {
			return err
		}
		if found.idle() && removed == 0 {
			return nil
		}
		if round > roundMost {
			r.warn("the source changed faster than it could be copied")
			return nil
		}
	}
}

// failed is the error of objects that could not be copied, if there are any.
func (r *run) failed(found *tally) error {
	if found.failed == 0 {
		return nil
	}
	return events.Errorf(events.KindPartial, found.hint(), "%d objects were not copied, the first: %w", found.failed, found.firstError)
}

// finish makes the part of what is known.
func (r *run) finish(err error) (datamove.Part, error) {
	p := &r.part
	until := r.job.Now()
	if p.Cut.Method != "" {
		p.Cut.Until = until
	}
	p.Units = r.units.report()
	p.Took = events.Duration(until.Sub(r.began))
	p.Bytes = r.bytes
	for _, key := range slices.SortedFunc(maps.Keys(r.masks), compareKeys) {
		p.Masked = append(p.Masked, datamove.Masked{Field: key[0], As: key[1], Count: r.masks[key]})
	}
	if r.kept > 0 {
		r.warn("%d objects that only the target has were there and stay", r.kept)
	}
	if err == nil && r.units.sources() == 0 {
		r.warn("the source s3://%s/%s has no objects that are of this copy", r.from.bucket, r.from.prefix)
	}
	if t := r.last; t != nil && t.moved > 0 {
		r.warn("%d objects are in another storage class than in the source, the first is %q", t.moved, t.firstMoved)
	}
	p.Warnings = slices.Sorted(maps.Keys(r.warnings))
	if err != nil {
		p.Verdict, p.Reason = datamove.Incomplete, err.Error()
		if e, ok := errors.AsType[*events.Error](err); ok && (e.Kind == events.KindRefused || e.Kind == events.KindInvalid || e.Kind == events.KindNotFound) && !r.changed() {
			p.Verdict = datamove.Refused
		}
		return *p, r.told(err)
	}
	p.Verdict = p.Judge()
	return *p, nil
}

// changed says whether the run wrote anything.
func (r *run) changed() bool {
	if r.removed > 0 {
		return true
	}
	for _, u := range r.part.Units {
		if u.Copied > 0 {
			return true
		}
	}
	return false
}

// told is an error as adapters return it.
func (r *run) told(err error) error {
	if e, ok := errors.AsType[*events.Error](err); ok {
		if e.Kind == events.KindPartial && !r.changed() && judge(err) == denied {
			e.Kind = events.KindRefused
		}
		return &events.Error{Kind: r.honest(e.Kind), Message: err.Error(), Advice: e.Advice, Cause: err}
	}
	if f := judge(err); f == passing || f == throttled || errors.Is(err, context.Canceled) {
		return events.Errorf(events.KindUnavailable, "", "%w", err)
	}
	if judge(err) == denied {
		return events.Errorf(r.honest(events.KindRefused), rightsHint(err), "%w", err)
	}
	return events.Errorf(events.KindInternal, "", "%w", err)
}

// honest is the kind of an error: nothing is refused that has changed something.
func (r *run) honest(kind events.Kind) events.Kind {
	if kind == events.KindRefused && r.changed() {
		return events.KindPartial
	}
	return kind
}

func compareKeys(a, b [2]string) int { return slices.Compare(a[:], b[:]) }

// server is an end as reports have it.
func server(e *end) datamove.Server {
	return datamove.Server{
		URL: e.access.URL, Product: product(e), Version: "", Fingerprint: fingerprint(e), Connections: -1,
	}
}

func product(e *end) string {
	if e.endpoint == "" {
		return "Amazon S3"
	}
	return "S3"
}

// difference keeps a difference; there is a bound to those that are kept.
func (r *run) difference(unit, rel, what, detail string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	const most = 100
	if len(r.part.Differences) >= most {
		r.part.MoreDifferences++
		return
	}
	r.part.Differences = append(r.part.Differences, datamove.Difference{Unit: unit, ID: rel, What: what, Detail: detail})
}

// leaveOut keeps what was not copied and why.
func (r *run) leaveOut(what, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	const most = 100
	if left := (datamove.LeftOut{What: what, Why: why}); len(r.part.LeftOut) < most && !slices.Contains(r.part.LeftOut, left) {
		r.part.LeftOut = append(r.part.LeftOut, left)
	}
}

// label is a count with a noun.
func label(n int64, noun string) string { return fmt.Sprintf("%d %s", n, noun) }
