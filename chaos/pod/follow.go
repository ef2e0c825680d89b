package pod

import (
	"context"
	"errors"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// follower turns the watch of a namespace into marks. Only Close ends the watch.
type follower struct {
	from    Survey
	changes chan Change
	ended   chan error
	stop    func()
	// missed says that the survey shows things which happened before it, and that they
	// were not taken in yet.
	missed bool
	order  chaos.Order
	line   *timeline
}

// backlog is how many changes may wait while marks are written down.
const backlog = 64

// follow opens a watch and returns once it is open, so that nothing that is done
// afterwards is seen late. ctx bounds the opening.
func follow(ctx context.Context, c Reader, since Survey) (*follower, error) {
	watched, cancel := context.WithCancel(context.WithoutCancel(ctx))
	opened, done := make(chan struct{}), make(chan struct{})
	f := &follower{from: since, changes: make(chan Change, backlog), ended: make(chan error, 1)}
	f.stop = func() { cancel(); <-done }
	go func() {
		defer close(done)
		f.ended <- c.Watch(watched, since, func() { close(opened) }, func(c Change) {
			select {
			case f.changes <- c:
			case <-watched.Done():
			}
		})
	}()
	var err error
	select {
	case <-opened:
		return f, nil
	case err = <-f.ended:
		err = errors.Join(err, ctx.Err())
	case <-ctx.Done():
		err = ctx.Err()
	}
	f.stop()
	return nil, err
}

// Close ends the watch and waits for it.
func (f *follower) Close() { f.stop() }

// Update begins the timeline with what was hit.
func (f *follower) Update(o chaos.Order) {
	if f.line == nil {
		f.order, f.line = o, newTimeline(o)
	}
}

// Next takes in what waits, or the next change.
func (f *follower) Next(ctx context.Context) ([]chaos.Mark, error) {
	if due := append(f.late(), f.waiting()...); len(due) > 0 {
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
	return catchUp(f.line, f.from, f.order)
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

// catchUp turns a survey into the changes that were missed. Their true time lies
// after the first injection, and after the last mark that the watch made.
func catchUp(t *timeline, s Survey, o chaos.Order) []chaos.Mark {
	since := t.sent
	for _, m := range o.Marks {
		if m.Role != events.RoleSent {
			since = events.Later(since, m.At)
		}
	}
	var marks []chaos.Mark
	for _, v := range o.Hit() {
		if _, there := s.pod(v.UID); !there {
			gone := Pod{Namespace: v.Namespace, Name: v.Name, UID: v.UID, Node: v.Node}
			marks = append(marks, t.see(Change{Pod: gone, Gone: true, At: s.At, Since: since})...)
		}
	}
	for _, p := range s.Pods {
		marks = append(marks, t.see(Change{Pod: p, At: s.At, Since: since})...)
	}
	return marks
}
