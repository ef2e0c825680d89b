package s3

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

const (
	// tasksMost is how many objects are worked on at once, at most.
	tasksMost = limitMost
	// failuresMost is after how many objects that could not be copied a pass ends.
	failuresMost = 100
)

// passMode says what a pass does.
type passMode struct {
	copying bool
	round   int
}

// tally is what a pass has found and done.
type tally struct {
	mu sync.Mutex
	// written were copied; again changed or went while they were copied; failed
	// could not be copied; todo were found in a pass that does not copy.
	written, again, failed, todo int64
	// extra are only in the target, kept those of them that are no difference, foreign differ and are not this run's own.
	extra, kept, foreign int64
	firstForeign         string
	firstError           error
	// extras are the keys of the extra ones, when they are to be removed and not too many.
	extras []string
	left   int64 // by the filter
	// unlooked have the same content and were not looked at any further, looked were
	// looked at as a sample, moved are in another storage class.
	unlooked, looked, moved int64
	firstMoved              string
}

// idle says that there was nothing to do.
func (t *tally) idle() bool { return t.written+t.again+t.todo == 0 }

func (t *tally) hint() string {
	if f := judge(t.firstError); f == denied {
		return rightsHint(t.firstError)
	} else if f == archived {
		return "restore the object from its archive first, or exclude it"
	}
	return ""
}

// next counts a sample.
func (t *tally) next() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.looked++
	return t.looked
}

func (t *tally) add(field *int64) {
	t.mu.Lock()
	*field++
	t.mu.Unlock()
}

// work is one pass under way.
type work struct {
	*run
	mode  passMode
	found *tally
	stop  context.CancelCauseFunc

	// Those who do the tasks, as many as were needed at once so far. They stay for the
	// next task, because requests need deep stacks, which cost to grow.
	workers int
	queue   chan task
	wg      sync.WaitGroup
}

// task does something about an object beside the listing; an error ends the pass.
type task func(ctx context.Context) error

// pass lists both sides, joins them and does what its mode says with each key.
func (r *run) pass(ctx context.Context, mode passMode) (*tally, error) {
	found, err := r.passOnce(ctx, mode)
	if errors.Is(err, errDisorder) && !r.sorted {
		r.sorted = true
		r.warn("a listing is not in the order of keys; listings were sorted in memory")
		found, err = r.passOnce(ctx, mode)
	}
	return found, err
}

func (r *run) passOnce(ctx context.Context, mode passMode) (*tally, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r.beginPass()
	w := &work{run: r, mode: mode, found: &tally{}, queue: make(chan task), stop: cancel}
	err := r.joined(ctx, r.from, r.to, r.sorted, func(p pair) error { return w.handle(ctx, p) })
	if err != nil {
		cancel(err)
	}
	close(w.queue)
	w.wg.Wait()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if err == nil {
		r.tellLeftOut(w.found)
	}
	return w.found, err
}

// beginPass forgets what the last pass found.
func (r *run) beginPass() {
	r.units.begin()
	r.mu.Lock()
	r.part.Differences, r.part.MoreDifferences, r.part.LeftOut = nil, 0, nil
	r.part.Cut = datamove.Cut{Time: r.began, Method: "listings", Position: r.part.Cut.Position}
	r.mu.Unlock()
	left := leftOutAlways()
	r.leaveOut(left.What, left.Why)
}

func (r *run) tellLeftOut(t *tally) {
	if t.left > 0 {
		r.leaveOut(label(t.left, "objects"), "include and exclude leave them out")
	}
	if t.unlooked > 0 {
		r.leaveOut("content headers, metadata and tags of "+label(t.unlooked, "objects"),
			"the target had the same content already, not older than the source's; data verify compares them")
	}
	if r.inside.Load() && !r.heads.Load() && !r.verify {
		r.leaveOut("website redirects of objects that are not empty", "a copy inside the server loses them; data verify finds them")
	}
	r.kept, r.last = t.kept, t
}

// keepsExtra says that an object which only the target has is no difference: in a
// copy it was there before and stays, unless this run wrote it and the source has
// lost it since.
func (r *run) keepsExtra(o *object) bool {
	if r.job.Store.S3.Delete {
		return false
	}
	if r.verify {
		existing := r.job.Store.Existing
		return existing == datamove.ExistingMerge || existing == datamove.ExistingReplace
	}
	return !r.journal.ours(o.rel, o.etag)
}

// takes says whether a key is of this copy.
func (r *run) takes(rel string) bool { return r.filter.Takes(r.from.key(rel), rel) }

// handle does with one key what is to be done. It returns an error only when the
// pass must end.
func (w *work) handle(ctx context.Context, p pair) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if !w.takes(p.rel) {
		w.found.add(&w.found.left)
		return nil
	}
	if p.rel == "" && w.to.prefix == "" {
		w.leaveOut("the object "+w.from.key(""), "its key is the prefix itself and the target has no prefix")
		return nil
	}
	switch {
	case p.src == nil:
		return w.extra(p)
	case p.dst == nil:
		return w.toCopy(ctx, p, "missing")
	}
	return w.both(ctx, p)
}

// extra is a key that only the target has.
func (w *work) extra(p pair) error {
	w.found.mu.Lock()
	w.found.extra++
	if w.job.Store.S3.Delete && !w.verify && len(w.found.extras) <= w.maxDelete() {
		w.found.extras = append(w.found.extras, strings.Clone(p.rel))
	}
	w.found.mu.Unlock()
	if w.keepsExtra(p.dst) {
		w.found.add(&w.found.kept)
	} else {
		w.difference(w.units.differ(p.rel, nil, p.dst), p.rel, "extra", "")
	}
	return nil
}

// both is a key that both sides have.
func (w *work) both(ctx context.Context, p pair) error {
	if w.journal.knows(p.rel, p.src.etag, p.dst.etag) {
		return w.settled(ctx, p)
	}
	if w.transform(p.rel) != nil {
		return w.toCompare(ctx, p)
	}
	switch relate(p.src, p.dst) {
	case same:
		return w.settled(ctx, p)
	case other:
		return w.toCopy(ctx, p, "changed")
	default:
		return w.toCompare(ctx, p)
	}
}

// toCompare compares contents that the listings cannot tell apart.
func (w *work) toCompare(ctx context.Context, p pair) error {
	return w.task(ctx, func(ctx context.Context) error {
		equal, err := w.sameContent(ctx, p.src, p.dst)
		if err != nil {
			return w.trouble(p, err)
		}
		if !equal {
			return w.copyNow(ctx, p, "changed", "content")
		}
		w.journal.same(p.rel, p.src.etag, p.dst.etag)
		if w.looksAt(p) {
			return w.compareTraits(ctx, p)
		}
		w.units.equal(p.rel, p.dst.size, p.dst.etag)
		return nil
	})
}

// toCopy copies a key.
func (w *work) toCopy(ctx context.Context, p pair, what string) error {
	if !w.mayWrite(p) {
		return w.copyNow(ctx, p, what, "")
	}
	return w.task(ctx, func(ctx context.Context) error { return w.copyNow(ctx, p, what, "") })
}

// mayWrite says whether the mode and what is there allow that a key is written.
func (w *work) mayWrite(p pair) bool {
	if !w.mode.copying {
		return false
	}
	existing := w.job.Store.Existing
	return p.dst == nil || existing == datamove.ExistingMerge || existing == datamove.ExistingReplace ||
		w.journal.ours(p.rel, p.dst.etag)
}

// copyNow copies a key, or notes the difference where it may not.
func (w *work) copyNow(ctx context.Context, p pair, what, detail string) error {
	if p.dst != nil && !w.journal.ours(p.rel, p.dst.etag) {
		w.found.mu.Lock()
		if w.found.foreign++; w.found.foreign == 1 {
			w.found.firstForeign = strings.Clone(p.rel)
		}
		w.found.mu.Unlock()
	}
	if !w.mayWrite(p) {
		if !w.mode.copying {
			w.found.add(&w.found.todo)
		}
		w.difference(w.units.differ(p.rel, p.src, p.dst), p.rel, what, detail)
		return nil
	}
	if len(w.to.key(p.rel)) > keyLimit {
		return w.trouble(p, fmt.Errorf("copying %s: its key would be longer than %d bytes in the target", w.from.name(p.rel), keyLimit))
	}
	if err := w.copy(ctx, p.src); err != nil {
		return w.trouble(p, err)
	}
	w.found.add(&w.found.written)
	name, n := w.units.wrote(p.rel)
	if w.progress != nil {
		w.progress.Count(name, n, 0, p.src.size)
	}
	w.checkpoint("object")
	return nil
}

// trouble says what an error about one object means: an end of the pass, another
// look in the next one, or an object that cannot be copied.
func (w *work) trouble(p pair, err error) error {
	e, known := errors.AsType[*events.Error](err)
	if known && e.Kind == events.KindUnavailable || errors.Is(err, context.Canceled) {
		return err
	}
	what := "missing"
	if p.dst != nil {
		what = "changed"
	}
	detail := "it could not be copied: " + err.Error()
	count := &w.found.failed
	switch judge(err) {
	case changed:
		detail, count = "it changed while it was copied", &w.found.again
	case gone:
		detail, count = "it is listed, and was not there when it was read", &w.found.again
	default:
	}
	w.difference(w.units.differ(p.rel, p.src, p.dst), p.rel, what, detail)
	w.found.mu.Lock()
	defer w.found.mu.Unlock()
	*count++
	if count == &w.found.failed && w.found.firstError == nil {
		w.found.firstError = err
	}
	if w.found.failed >= failuresMost {
		return events.Errorf(events.KindPartial, w.found.hint(), "%d objects could not be copied, the first: %w", w.found.failed, w.found.firstError)
	}
	return nil
}

// task gives a task to one who waits for one, or to one more.
func (w *work) task(ctx context.Context, do task) error {
	select {
	case w.queue <- do:
		return nil
	default:
	}
	if w.workers < tasksMost {
		w.workers++
		w.wg.Go(func() { w.worker(ctx, do) })
		return nil
	}
	select {
	case w.queue <- do:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// worker does one task after the other, until there are no more.
func (w *work) worker(ctx context.Context, do task) {
	for more := true; more; do, more = <-w.queue {
		if ctx.Err() != nil {
			continue
		}
		if err := do(ctx); err != nil {
			w.stop(err)
		}
	}
}
