package s3

import (
	"context"
	"sync"
)

// task does something about an object beside the listing; an error ends the pass.
type task func(ctx context.Context) error

// pool does tasks, as many at once as were needed so far. Its workers stay for the next
// task, because requests need deep stacks, which cost to grow.
type pool struct {
	most    int
	fail    context.CancelCauseFunc
	queue   chan task
	workers int
	wg      sync.WaitGroup
}

// newPool does at most so many tasks at once. Fail ends everything at the first error.
func newPool(most int, fail context.CancelCauseFunc) *pool {
	return &pool{most: most, fail: fail, queue: make(chan task)}
}

// do gives a task to a worker that waits for one, or to one more. One goroutine calls it.
func (p *pool) do(ctx context.Context, t task) error {
	select {
	case p.queue <- t:
		return nil
	default:
	}
	if p.workers < p.most {
		p.workers++
		p.wg.Go(func() { p.work(ctx, t) })
		return nil
	}
	select {
	case p.queue <- t:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// work does one task after the other, until there are no more.
func (p *pool) work(ctx context.Context, t task) {
	for more := true; more; t, more = <-p.queue {
		if ctx.Err() != nil {
			continue
		}
		if err := t(ctx); err != nil {
			p.fail(err)
		}
	}
}

// wait returns when all tasks are done. There may be no more.
func (p *pool) wait() {
	close(p.queue)
	p.wg.Wait()
}
