package logs

import (
	"container/heap"
	"container/list"
	"context"
	"sync"
	"time"
)

// maxQueue bounds the bytes of the lines that wait of one stream, but for one line.
const maxQueue = 64 << 10

// size is what a line that waits takes: its text, and about what is around it.
func (l Line) size() int { return len(l.Text) + 200 }

// merge puts the lines of streams into the order of time. A line waits while a stream
// that has none may still send an older one: for the window, counted from when that
// stream sent something, or from the line's own time if that is later.
type merge struct {
	window time.Duration
	now    func() time.Time

	mu sync.Mutex
	// heads are the streams that have lines, the one with the oldest first.
	heads heads
	// open are the streams that may send more, the one that did so last at the back.
	open *list.List
	// idle counts those of them that have no line.
	idle int
	// within is the stream that has sent a part of a line and not the last one.
	within *stream
	ended  bool
	// changed has a word when there may be something to do.
	changed chan struct{}
}

func newMerge(window time.Duration, now func() time.Time) *merge {
	return &merge{window: window, now: now, open: list.New(), changed: make(chan struct{}, 1)}
}

// stream is what one container sends to a merge.
type stream struct {
	merge  *merge
	place  *list.Element
	queue  []waiting
	bytes  int
	active time.Time
	// room has a word when there is room in the queue again.
	room chan struct{}
}

// waiting is a line that waits for its turn.
type waiting struct {
	Line
	arrived time.Time
}

// stream opens a stream.
func (m *merge) stream() *stream {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &stream{merge: m, active: m.now(), room: make(chan struct{}, 1)}
	s.place = m.open.PushBack(s)
	m.idle++
	return s
}

// send adds a line, once there is room. Errors: that of ctx.
func (s *stream) send(ctx context.Context, l Line) error {
	for !s.add(l) {
		select {
		case <-s.room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (s *stream) add(l Line) bool {
	m := s.merge
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(s.queue) > 0 && s.bytes+l.size() > maxQueue {
		return false
	}
	s.active = m.now()
	s.queue = append(s.queue, waiting{l, s.active})
	s.bytes += l.size()
	m.open.MoveToBack(s.place)
	if len(s.queue) == 1 {
		m.idle--
		heap.Push(&m.heads, s)
	}
	m.wake()
	return true
}

// close says that the stream sends nothing more. Lines that wait stay.
func (s *stream) close() {
	m := s.merge
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open.Remove(s.place)
	s.place = nil
	if len(s.queue) == 0 {
		m.idle--
	}
	m.wake()
}

// end says that all streams are closed and none is opened any more.
func (m *merge) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = true
	m.wake()
}

func (m *merge) wake() {
	select {
	case m.changed <- struct{}{}:
	default:
	}
}

// take is the next line, if it need not wait any more. Otherwise it says until when it
// must, zero for until something changes, or that nothing comes any more.
func (m *merge) take() (l Line, ok bool, until time.Time, over bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, until := m.next()
	if s == nil {
		return Line{}, false, until, m.ended && m.within == nil
	}
	if m.within == nil {
		if until = m.blocked(s.queue[0]); until.After(m.now()) {
			return Line{}, false, until, false
		}
	}
	return m.pop(s), true, time.Time{}, false
}

// next is the stream that has the next line, nil when none has: a line that was begun is
// ended first, unless its stream is closed or says nothing for the window.
func (m *merge) next() (s *stream, until time.Time) {
	if w := m.within; w != nil {
		if len(w.queue) > 0 {
			return w, time.Time{}
		}
		if until = w.active.Add(m.window); w.place != nil && until.After(m.now()) {
			return nil, until
		}
	}
	m.within = nil
	if len(m.heads) == 0 {
		return nil, time.Time{}
	}
	return m.heads[0], time.Time{}
}

// blocked is until when a line must wait for streams that have none.
func (m *merge) blocked(w waiting) time.Time {
	if m.idle == 0 {
		return time.Time{}
	}
	from := w.arrived
	if w.Time.Before(from) {
		from = w.Time
	}
	for e := m.open.Back(); e != nil; e = e.Prev() {
		s, _ := e.Value.(*stream) // nothing else is in it
		if !s.active.After(from) {
			break
		}
		if len(s.queue) == 0 {
			from = s.active
		}
	}
	return from.Add(m.window)
}

func (m *merge) pop(s *stream) Line {
	l := s.queue[0].Line
	s.queue[0] = waiting{}
	s.queue = s.queue[1:]
	s.bytes -= l.size()
	if len(s.queue) == 0 {
		s.queue = nil
		heap.Remove(&m.heads, m.heads.index(s))
		if s.place != nil {
			m.idle++
		}
	} else {
		heap.Fix(&m.heads, m.heads.index(s))
	}
	m.within = nil
	if l.Part.GoesOn() {
		m.within = s
	}
	select {
	case s.room <- struct{}{}:
	default:
	}
	return l
}
