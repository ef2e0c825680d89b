package node

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// start is what was read before a watch begins, and where it begins.
type start struct {
	nodes      []Node
	revision   string
	namespaces map[string]pod.Survey
	// missed says that it shows things which happened before it; at is when it was read.
	missed bool
	at     time.Time
}

// follower turns the watches of the nodes and of namespaces into marks. Only Close ends
// them.
type follower struct {
	start   start
	fault   fault
	changes chan change
	ended   chan error
	stop    func()
	line    *timeline
}

// change is one of a node, or of a pod when that has a UID.
type change struct {
	node Node
	pod  pod.Pod
	gone bool
	when moment
}

// moment is when a change was heard of: at a time, or, after a gap, since another.
type moment struct{ at, since time.Time }

// backlog is how many changes may wait while marks are written down.
const backlog = 256

// follow opens all watches and returns once they are open, so that nothing that is done
// afterwards is seen late. ctx bounds the opening.
func follow(ctx context.Context, f fault, s start) (*follower, error) {
	watched, cancel := context.WithCancel(context.WithoutCancel(ctx))
	w := &follower{start: s, fault: f, changes: make(chan change, backlog), ended: make(chan error, len(s.namespaces)+1)}
	var watches sync.WaitGroup
	w.stop = func() { cancel(); watches.Wait() }
	opened := make(chan struct{}, len(s.namespaces)+1)
	begin := func(watch func(opened func()) error) {
		watches.Go(func() { w.ended <- watch(func() { opened <- struct{}{} }) })
	}
	begin(func(opened func()) error {
		return f.cluster.WatchNodes(watched, s.revision, opened, func(c Change) {
			w.show(watched, change{node: c.Node, gone: c.Gone, when: moment{c.At, c.Since}})
		})
	})
	for _, survey := range s.namespaces {
		begin(func(opened func()) error {
			return f.cluster.Watch(watched, survey, opened, func(c pod.Change) {
				w.show(watched, change{pod: c.Pod, gone: c.Gone, when: moment{c.At, c.Since}})
			})
		})
	}
	for range cap(opened) {
		if err := w.await(ctx, opened); err != nil {
			w.stop()
			return nil, err
		}
	}
	return w, nil
}

// await waits until one more watch is open. A watch that ends before all are open failed.
func (w *follower) await(ctx context.Context, opened <-chan struct{}) error {
	select {
	case <-opened:
		return nil
	case err := <-w.ended:
		return errors.Join(orEnded(err), ctx.Err())
	case <-ctx.Done():
		return ctx.Err()
	}
}

func orEnded(err error) error {
	if err == nil {
		return errors.New("a watch ended")
	}
	return err
}

func (w *follower) show(ctx context.Context, c change) {
	select {
	case w.changes <- c:
	case <-ctx.Done():
	}
}

// Close ends the watches and waits for them.
func (w *follower) Close() { w.stop() }

// Update begins the timeline with what was hit, or continues it.
func (w *follower) Update(o chaos.Order) {
	if w.line == nil {
		w.line = newTimeline(w.fault, o, w.start)
	}
}

// Next takes in what waits, or the next change.
func (w *follower) Next(ctx context.Context) ([]chaos.Mark, error) {
	if due := append(w.late(), w.waiting()...); len(due) > 0 {
		return due, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	select {
	case c := <-w.changes:
		return append(w.line.see(c), w.waiting()...), nil
	case err := <-w.ended:
		return nil, orEnded(err)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// late takes in what the start shows, once.
func (w *follower) late() []chaos.Mark {
	if !w.start.missed {
		return nil
	}
	w.start.missed = false
	return w.line.due(moment{w.start.at, w.line.missedSince()})
}

// waiting takes in the changes that wait.
func (w *follower) waiting() []chaos.Mark {
	var marks []chaos.Mark
	for {
		select {
		case c := <-w.changes:
			marks = append(marks, w.line.see(c)...)
		default:
			return marks
		}
	}
}

// Standing says how each victim stands.
func (w *follower) Standing() []chaos.Standing { return w.line.standing() }

// later is the moment, but not before the time.
func (m moment) later(t time.Time) moment {
	m.at = events.Later(m.at, t)
	if !m.since.IsZero() {
		m.since = events.Later(m.since, t)
	}
	return m
}
