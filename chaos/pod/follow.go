package pod

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// line turns what is seen of a namespace into the marks of one fault. It is pure: no
// clock, no I/O.
type line interface {
	// see takes in one change and returns the marks that it makes due.
	see(c Change) []chaos.Mark
	// catchUp takes in what a survey shows that nobody has watched since then.
	catchUp(s Survey, since time.Time) []chaos.Mark
	// update takes in the order as it stands now and returns the marks that it makes due.
	update(o chaos.Order) []chaos.Mark
	// standing says how each victim stands.
	standing() []chaos.Standing
}

// beginning makes the line of an order, from what was surveyed.
type beginning func(o chaos.Order, from Survey) line

// stream shows changes until ctx ends; see Reader.Watch.
type stream func(ctx context.Context, opened func(), show func(Change)) error

// watchOf is the stream of the pods of a namespace.
func watchOf(c Reader, since Survey) stream {
	return func(ctx context.Context, opened func(), show func(Change)) error {
		return c.Watch(ctx, since, opened, show)
	}
}

// follower turns streams into marks. Only Close ends them.
type follower struct {
	begin   beginning
	from    Survey
	changes chan Change
	ended   chan error
	stop    func()
	// missed says that the survey shows things which happened before it, and that they
	// were not taken in yet.
	missed bool
	order  chaos.Order
	line   line
	// due are marks that were not returned yet.
	due []chaos.Mark
}

// backlog is how many changes may wait while marks are written down.
const backlog = 64

// follow opens streams and returns once all are open, so that nothing that is done
// afterwards is seen late. ctx bounds the opening.
func follow(ctx context.Context, begin beginning, since Survey, streams ...stream) (*follower, error) {
	watched, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &follower{begin: begin, from: since, changes: make(chan Change, backlog), ended: make(chan error, len(streams))}
	opened := make(chan struct{}, len(streams))
	var all sync.WaitGroup
	f.stop = func() { cancel(); all.Wait() }
	for _, s := range streams {
		all.Go(func() {
			f.ended <- s(watched, func() { opened <- struct{}{} }, func(c Change) {
				select {
				case f.changes <- c:
				case <-watched.Done():
				}
			})
		})
	}
	if err := f.await(ctx, opened, len(streams)); err != nil {
		f.stop()
		return nil, err
	}
	return f, nil
}

// followAgain is follow for a fault whose victims nobody has watched for a while.
func followAgain(ctx context.Context, begin beginning, since Survey, streams ...stream) (chaos.Follower, error) {
	f, err := follow(ctx, begin, since, streams...)
	if err != nil {
		return nil, err
	}
	f.missed = true
	return f, nil
}

// await waits until n streams are open.
func (f *follower) await(ctx context.Context, opened <-chan struct{}, n int) error {
	for range n {
		select {
		case <-opened:
		case err := <-f.ended:
			return errors.Join(err, ctx.Err())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Close ends the streams and waits for them.
func (f *follower) Close() { f.stop() }

// Update begins the line with what was hit, and tells it of changes of the order.
func (f *follower) Update(o chaos.Order) {
	if f.line == nil {
		f.order, f.line = o, f.begin(o, f.from)
		return
	}
	f.due = append(f.due, f.line.update(o)...)
}

// Next takes in what waits, or the next change.
func (f *follower) Next(ctx context.Context) ([]chaos.Mark, error) {
	if due := slices.Concat(f.late(), f.due, f.waiting()); len(due) > 0 {
		f.due = nil
		return due, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	select {
	case c := <-f.changes:
		return append(f.line.see(c), f.waiting()...), nil
	case err := <-f.ended:
		if err == nil {
			err = errors.New("the watch ended")
		}
		return nil, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// late takes in what the survey shows, once.
func (f *follower) late() []chaos.Mark {
	if !f.missed {
		return nil
	}
	f.missed = false
	return f.line.catchUp(f.from, lastSeen(f.order))
}

// waiting takes in the changes that wait.
func (f *follower) waiting() []chaos.Mark {
	var marks []chaos.Mark
	for {
		select {
		case c := <-f.changes:
			marks = append(marks, f.line.see(c)...)
		default:
			return marks
		}
	}
}

// Standing says how each victim stands.
func (f *follower) Standing() []chaos.Standing { return f.line.standing() }

// lastSeen is the time after which something may have been missed: that of the first
// injection, or of the last mark that the watch made.
func lastSeen(o chaos.Order) time.Time {
	since := firstSent(o)
	for _, m := range o.Marks {
		if m.Role != events.RoleSent {
			since = events.Later(since, m.At)
		}
	}
	return since
}

// firstSent is when the first injection was about to be sent.
func firstSent(o chaos.Order) time.Time {
	var first time.Time
	for _, v := range o.Victims {
		if !v.Sent.IsZero() && (first.IsZero() || v.Sent.Before(first)) {
			first = v.Sent
		}
	}
	return first
}
