package wire

import (
	"sync"
	"time"
)

// pulse measures for how long this process may not have got to run, while somebody needs to
// know: a beat comes late when we were stopped or starved, at any time since the one before.
type pulse struct {
	now func() time.Time

	mu    sync.Mutex
	users int
	last  time.Time
	late  time.Duration
	timer *time.Timer
}

// every is how far apart the beats are, and slack how late one may be by the timers alone. A
// pause of less than both together may go unseen.
const (
	every = 20 * time.Millisecond
	slack = 3 * time.Millisecond
)

// begin starts the beats for one more user and says how late they were so far.
func (p *pulse) begin() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.users++; p.users == 1 {
		p.last = p.now()
		p.timer = time.AfterFunc(every, p.beat)
	}
	return p.lateness()
}

// end is the opposite of begin.
func (p *pulse) end() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	late := p.lateness()
	if p.users--; p.users == 0 {
		p.timer.Stop()
	}
	return late
}

func (p *pulse) beat() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.users == 0 {
		return
	}
	p.late, p.last = p.lateness(), p.now()
	p.timer.Reset(every)
}

// lateness is how long we may not have run: the time before each beat that was late, and
// before the next one if that is late by now.
func (p *pulse) lateness() time.Duration {
	if gap := p.now().Sub(p.last); gap > every+slack {
		return p.late + gap
	}
	return p.late
}
