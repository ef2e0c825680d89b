package logs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// errBeyond ends a log at the first line that is younger than is wanted.
var errBeyond = errors.New("the line is younger than is wanted")

// read reads a log to its end. Errors: those of Cluster.Read, and that of a connection that
// was lost or had to be given up since the pod is gone.
func (s *source) read(ctx context.Context, o ReadOptions) error {
	open, cancel := context.WithCancel(ctx)
	var leaving sync.WaitGroup
	defer leaving.Wait()
	defer cancel()
	leaving.Go(func() {
		s.awaitEnd(open, o)
		cancel()
	})
	body, err := s.e.cluster.Read(open, s.e.environment, s.container(), o)
	if err != nil {
		return err
	}
	defer body.Close()
	if o.Follow {
		s.whole = ""
	}
	return s.copy(ctx, body, o) // a line that was read is sent, also when the log is given up meanwhile
}

// awaitEnd waits until a log must be given up: its pod is gone for a while, or it is followed
// beyond the end of the query. It waits for ctx at most.
func (s *source) awaitEnd(ctx context.Context, o ReadOptions) {
	over := s.e.over
	if !o.Follow {
		over = nil
	}
	select {
	case <-s.gone:
		events.Wait(ctx, drain)
	case <-over:
	case <-ctx.Done():
	}
}

// copy sends the lines that were not read before.
func (s *source) copy(ctx context.Context, body io.Reader, o ReadOptions) error {
	from := newReader(body)
	s.position.resume()
	for first := true; ; first = false {
		e, err := from.next()
		switch {
		case errors.Is(err, io.EOF):
			s.ended(ctx, o)
			return nil
		case err != nil:
			return fmt.Errorf("read log: %w", err)
		case !e.stamped:
			err = s.unstamped(ctx, e, first, o)
		case e.open && s.comesAgain(o):
			return nil
		default:
			err = s.take(ctx, e, o)
		}
		if err != nil {
			return err
		}
	}
}

// comesAgain says whether a line that is not at its end yet will be read again.
func (s *source) comesAgain(o ReadOptions) bool {
	return s.e.Follow && !o.Previous && s.container().Running
}

// unstamped takes what has no time: the rest of a line that began before, or a word of the
// kubelet in place of a line.
func (s *source) unstamped(ctx context.Context, e entry, first bool, o ReadOptions) error {
	switch {
	case ofKubelet(e.text):
		return fmt.Errorf("%w: %s", ErrNoLog, e.text)
	case !first || o.Since.IsZero():
		return fmt.Errorf("read log: %s", e.text)
	case len(s.position.marks) > 0: // it was read whole
		return nil
	}
	return s.emit(ctx, Line{Time: o.Since, Text: e.text, Part: Rest, Previous: o.Previous})
}

// take sends a line unless it was read before.
func (s *source) take(ctx context.Context, e entry, o ReadOptions) error {
	switch is := s.position.take(e.at, e.text); {
	case is == seen, is == lost && o.Previous && !e.at.After(s.position.last()): // of an instance before that
		return nil
	case is == lost:
		s.bridge(ctx, e.at, o)
		s.position = newPosition()
		s.position.take(e.at, e.text)
	}
	s.whole = ""
	l := Line{Time: e.at, Text: e.text, Part: e.part, Previous: o.Previous}
	if e.open && s.container().Running && l.Part == Whole {
		l.Part = First
	}
	return s.emit(ctx, l)
}

// ended says what is missing of a log that has ended without the last line that was read.
func (s *source) ended(ctx context.Context, o ReadOptions) {
	known := o.Previous || s.position.arrived() || s.position.excused || s.whole != ""
	if !known && !s.bridge(ctx, time.Time{}, o) {
		s.position.excuse()
	}
}

// bridge says what is between the last line that was read and one that does not follow on
// it: the rest of the instance before, when it says true, or a gap.
func (s *source) bridge(ctx context.Context, at time.Time, o ReadOptions) bool {
	switch {
	case o.Previous:
		s.gap(ctx, s.last, at, ReasonRestarted)
	case s.finish(ctx):
		return true
	default:
		s.gap(ctx, s.last, at, ReasonRotated)
	}
	return false
}

// finish reads on in the log of the instance before, if that is the one that was read
// last. It says whether it was.
func (s *source) finish(ctx context.Context) bool {
	err := s.read(ctx, ReadOptions{Previous: true, Since: s.since()})
	return err == nil && s.position.arrived()
}

// emit sends a line if it is wanted. Errors: errBeyond; that of ctx.
func (s *source) emit(ctx context.Context, l Line) error {
	l.Source = s.source
	s.last = events.Later(s.last, l.Time)
	q := s.e.Query
	switch {
	case !q.Until.IsZero() && l.Time.After(q.Until):
		return errBeyond
	case l.Time.Before(s.from):
		return nil
	}
	if s.e.Levels {
		l.Level = s.levels.of(l.Text)
	}
	if q.Level != Unknown && l.Level == Unknown && q.says(l.Text) {
		s.e.unleveled.Add(1)
	}
	if !q.wants(l) {
		return nil
	}
	return s.send(ctx, l)
}

// gap sends a gap that is in the time that is wanted.
func (s *source) gap(ctx context.Context, from, to time.Time, reason string) {
	q := s.e.Query
	if !to.IsZero() && to.Before(s.from) || !q.Until.IsZero() && from.After(q.Until) {
		return
	}
	at := to
	if at.IsZero() {
		at = from
	}
	_ = s.send(ctx, Line{Source: s.source, Time: at, Gap: &Gap{From: from, To: to, Reason: reason}}) // only ctx ends it
}

// history reads what is there, for the newest lines. Of a log of which none are wanted the
// newest is read, to know which are newer: the clock of its node is not ours.
func (s *source) history(ctx context.Context, found *newest) {
	s.send = func(_ context.Context, l Line) error { found.add(l); return ctx.Err() }
	if s.e.Tail > 0 {
		s.before(ctx)
	}
	s.begun = true
	for began, pause := s.e.Now(), firstPause; !s.readEnd(ctx, found, began) && events.Wait(ctx, pause); {
		pause = min(2*pause, lastPause)
	}
}

// readEnd reads the newest lines, and says whether that is done, be it with a gap.
func (s *source) readEnd(ctx context.Context, found *newest, began time.Time) bool {
	err := s.end(ctx, found)
	switch {
	case err == nil || ctx.Err() != nil || errors.Is(err, errBeyond) || errors.Is(err, ErrNotStarted):
	case refusal(err):
		s.e.fail(err)
	case errors.Is(err, ErrNoLog) || s.e.Now().Sub(began) >= patience:
		s.gap(ctx, s.last, time.Time{}, unreadable(err))
	default:
		return false
	}
	return true
}

// end reads the newest lines of the log, or all where the query chooses among them.
func (s *source) end(ctx context.Context, found *newest) error {
	o := ReadOptions{Since: s.from}
	if s.e.Tail > 0 && (s.e.Query.Filters() || !s.e.Query.Until.IsZero()) {
		return s.read(ctx, o)
	}
	before, send := s.position.clone(), s.send
	var lines []Line
	s.send = func(_ context.Context, l Line) error { lines = append(lines, l); return ctx.Err() }
	o.Tail = s.e.Tail + 1
	err := s.read(ctx, o)
	s.send = send
	if err == nil && isTorn(lines, o.Tail) {
		s.position, s.levels, o.Tail = before, levels{}, 0
		return s.read(ctx, o)
	}
	for _, l := range lines {
		found.add(l)
	}
	return err
}
