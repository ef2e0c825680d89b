package logs

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// The patience of those who read one container.
const (
	// patience is how long a log that cannot be read is tried before a gap says so.
	patience = 10 * time.Second
	// drain is how long the log of a pod that is gone may still end by itself.
	drain = 5 * time.Second
	// justDied is how young the end of an instance is whose log is read unasked.
	justDied = 10 * time.Minute
	// turn lies between two readings of a log that does not stay open.
	turn = time.Second
	// firstPause and lastPause lie between two attempts.
	firstPause = 50 * time.Millisecond
	lastPause  = 5 * time.Second
)

// source reads one container, through all its instances.
type source struct {
	e      *engine
	source Source
	// send takes its lines.
	send func(context.Context, Line) error
	// stream is where its lines are merged, once it is run; from is the time from which they
	// are wanted.
	stream *stream
	from   time.Time

	position *position
	levels   levels
	// instance is the one that is read, as far as is known; last is the time of the last line.
	instance string
	last     time.Time
	// begun says that the log of the instance before was seen to.
	begun bool
	// whole is the instance whose log was read to its end, until more of it comes.
	whole string
	// failing is since when the log cannot be read; said, that a gap was shown for it.
	failing time.Time
	said    bool
	pause   time.Duration

	mu  sync.Mutex
	now Container
	// changed has a word after each change; gone is closed when the pod is gone.
	changed chan struct{}
	gone    chan struct{}
	leave   func()
}

func newSource(e *engine, c Container) *source {
	s := &source{
		e: e, source: c.Source, now: c, from: e.Query.Since, position: newPosition(), pause: firstPause,
		changed: make(chan struct{}, 1), gone: make(chan struct{}),
	}
	s.leave = sync.OnceFunc(func() { close(s.gone) })
	return s
}

// update takes in the container as it is now.
func (s *source) update(c Container) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = c
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

func (s *source) container() Container {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *source) isGone() bool {
	select {
	case <-s.gone:
		return true
	default:
		return false
	}
}

// run reads until the container and its pod are over, or ctx ends.
func (s *source) run(ctx context.Context) {
	defer s.stream.close()
	s.send = s.stream.send
	s.before(ctx)
	for ctx.Err() == nil {
		if !s.next(ctx, s.attempt(ctx)) {
			return
		}
	}
}

// before reads the log of the instance before, where it is wanted.
func (s *source) before(ctx context.Context) {
	c := s.container()
	if s.begun || c.Died.IsZero() || !s.e.Previous && s.e.Now().Sub(c.Died) > justDied {
		return
	}
	s.begun = true
	for began, pause := s.e.Now(), firstPause; !s.readBefore(ctx, c.Died, began) && events.Wait(ctx, pause); {
		pause = min(2*pause, lastPause)
	}
}

// readBefore reads the log of the instance before, which died then, from where it was left.
// It says whether that is done, be it with a gap.
func (s *source) readBefore(ctx context.Context, died, began time.Time) bool {
	err := s.read(ctx, ReadOptions{Previous: true, Since: s.since()})
	switch {
	case err == nil || ctx.Err() != nil || errors.Is(err, errBeyond):
	case refusal(err):
		s.e.fail(err)
	case errors.Is(err, ErrNoLog):
		s.gap(ctx, s.last, died, ReasonNoLog)
	case s.isGone() || s.e.Now().Sub(began) >= patience:
		s.gap(ctx, s.last, died, unreadable(err))
	default:
		return false
	}
	return true
}

// unreadable is the reason of a gap in a log that is there and cannot be read.
func unreadable(err error) string { return "the log cannot be read: " + err.Error() }

// ending is how an attempt to read a log has ended: in good order, or with an error.
type ending struct {
	of  Container
	err error
	// stayed says that the log was open until the container ended; took is for how long.
	stayed bool
	took   time.Duration
	// late says that it began when the query's end had passed.
	late bool
}

// attempt reads the log from where it was left.
func (s *source) attempt(ctx context.Context) ending {
	stays, release, err := s.e.slot(ctx)
	if err != nil {
		return ending{err: err}
	}
	defer release()
	c, began, late := s.container(), s.e.Now(), s.e.isOver()
	if s.instance != "" && c.Instance != s.instance {
		s.succeed(ctx, c)
	}
	s.instance = c.Instance
	// What has ended is read once more, to be sure of its end.
	o := ReadOptions{Follow: stays && c.Running && !late, Since: s.since()}
	err = s.read(ctx, o)
	return ending{of: c, err: err, stayed: o.Follow, took: s.e.Now().Sub(began), late: late}
}

// succeed reads the instance before to its end, now that there is another one. Whether it
// was the one that was read, its next line shows, unless nothing was read.
func (s *source) succeed(ctx context.Context, c Container) {
	unread := len(s.position.marks) == 0 && s.whole != s.instance
	if !s.finish(ctx) && unread {
		s.gap(ctx, s.last, c.Died, ReasonNoLog)
	}
}

func (s *source) since() time.Time {
	if at := s.position.since(); !at.IsZero() {
		return at
	}
	return s.from
}

// next says whether there is to be another attempt, after a pause that fits.
func (s *source) next(ctx context.Context, end ending) bool {
	s.settle(end)
	switch {
	case ctx.Err() != nil || end.isLast():
		return false
	case s.e.isOver() && !end.late: // what is there up to the end is still to be read
		return true
	case refusal(end.err):
		s.e.fail(end.err)
		return false
	case errors.Is(end.err, ErrNotStarted):
		return s.e.Follow && !s.isGone() && !end.late && s.await(ctx, turn)
	case end.err != nil:
		return s.broken(ctx, end)
	}
	if end.stayed || !end.of.Running {
		s.whole = end.of.Instance
	}
	return s.e.Follow && s.calm(ctx, end)
}

// settle forgets failures when an attempt went well, or long.
func (s *source) settle(end ending) {
	if end.err == nil || end.took >= turn {
		s.failing, s.said = time.Time{}, false
	}
	if end.took >= turn {
		s.pause = firstPause
	}
}

// isLast says whether all that is wanted was read.
func (e ending) isLast() bool { return errors.Is(e.err, errBeyond) || e.late && e.err == nil }

// calm follows on a log that has ended in good order.
func (s *source) calm(ctx context.Context, end ending) bool {
	c := s.container()
	switch {
	case s.isGone():
		s.missed(ctx)
		return false
	case end.stayed: // either it ended, or the connection did
		pause := s.pause
		s.pause = min(2*pause, turn)
		return s.await(ctx, pause)
	case end.of.Running: // it is read in turn
		return s.await(ctx, turn)
	case c.Over:
		return false
	case c.Running || c.Instance != end.of.Instance:
		return true
	}
	return s.await(ctx, 0) // for its next start
}

// missed says that a pod has gone with a part of its log.
func (s *source) missed(ctx context.Context) {
	if s.instance != "" && s.whole != s.instance {
		s.gap(ctx, s.last, time.Time{}, ReasonPodGone)
	}
}

// broken follows on a log that could not be read, or not to its end.
func (s *source) broken(ctx context.Context, end ending) bool {
	s.fail(end)
	switch {
	case s.isGone():
		s.missed(ctx)
		return false
	case errors.Is(end.err, ErrNoLog) && !end.of.Running && end.of.Instance != "":
		if s.whole != s.instance {
			s.gap(ctx, s.last, time.Time{}, ReasonNoLog)
		}
		return s.e.Follow && !end.of.Over && !end.late && s.await(ctx, 0)
	case s.e.Now().Sub(s.failing) >= patience && !s.said:
		s.said = true
		s.gap(ctx, s.last, time.Time{}, unreadable(end.err))
		if !s.e.Follow || end.late {
			return false
		}
	}
	pause := s.pause
	s.pause = min(2*pause, lastPause)
	return s.await(ctx, pause)
}

// fail counts an attempt that has failed.
func (s *source) fail(end ending) {
	if s.failing.IsZero() {
		s.failing = s.e.Now()
	}
	if end.of.Running && !errors.Is(end.err, ErrNoLog) { // it was the connection that had ended, and not the log
		s.whole = ""
	}
}

// await waits for a change of the container, or for a time; 0 is for ever. It says whether
// ctx goes on.
func (s *source) await(ctx context.Context, d time.Duration) bool {
	outer, over := ctx, s.e.over
	if s.e.isOver() {
		over = nil
	}
	if d > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d)
		defer cancel()
	}
	select {
	case <-s.changed:
	case <-s.gone:
		if d > 0 { // it is gone for good: the time still has to pass
			<-ctx.Done()
		}
	case <-over:
	case <-ctx.Done():
	}
	return outer.Err() == nil
}
