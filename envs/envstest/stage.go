package envstest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

// The installations.
const (
	here  = "here"
	there = "there"
)

// stage is a cluster that two installations share, with the clock of both.
type stage struct {
	world         World
	config        envs.Config
	installations []*installation
	// ahead is how much later it is than the real time.
	ahead, ids atomic.Int64
	mu         sync.Mutex
	// rounds are those that are played, by the names of their environments.
	rounds map[string]*round
	claims []claim
	tally  *tally
}

func newStage(t testing.TB, w World, config envs.Config, counts *tally) *stage {
	t.Helper()
	s := &stage{world: w, config: config, rounds: map[string]*round{}, claims: claims(), tally: counts}
	for _, id := range []string{here, there} {
		i := newInstallation(t, s, id)
		i.start(t)
		s.installations = append(s.installations, i)
	}
	return s
}

func (s *stage) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

func (s *stage) stamp(source string) events.Stamp {
	return events.Stamp{Source: source, Now: s.now, NewID: func() string { return fmt.Sprint(source, "-", s.ids.Add(1)) }}
}

// put says whose the names are, nil for nobody's.
func (s *stage) put(names []string, r *round) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		if s.rounds[name] = r; r == nil {
			delete(s.rounds, name)
		}
	}
}

// ambush lets the foreigner be quicker than a service.
func (s *stage) ambush(verb Verb, at At) {
	s.mu.Lock()
	r := s.rounds[at.Space]
	s.mu.Unlock()
	if r != nil {
		r.spring(verb, at)
	}
}

// night is what happens while nobody asks for anything.
type night string

// The nights.
const (
	quiet   night = "nothing happens"
	lost    night = "the groups forget what they have handled"
	late    night = "two days go by, and the groups forget what they have handled"
	longAgo night = "ten days go by, and requests and what was handled are forgotten"
)

func drawNight(draw chooser) night { return []night{quiet, lost, late, longAgo, longAgo}[draw(5)] }

// passes lets the night go by. All that is asked for has ended when it begins.
func (s *stage) passes(t testing.TB, n night) {
	t.Helper()
	switch n {
	case quiet:
		return
	case lost:
	case late:
		s.later(t, 2*24*time.Hour, func(*installation) {})
	case longAgo:
		s.later(t, 10*24*time.Hour, func(i *installation) { i.forget(t) })
	}
	for _, i := range s.installations {
		i.again(t)
	}
	for _, i := range s.installations {
		i.drained(t)
	}
}

// later stops the services and starts them when it is so much later.
func (s *stage) later(t testing.TB, span time.Duration, meanwhile func(*installation)) {
	t.Helper()
	for _, i := range s.installations {
		i.stop()
		meanwhile(i)
	}
	s.ahead.Add(int64(span))
	for _, i := range s.installations {
		i.start(t)
	}
}

// patient bounds a wait: only a failure takes that long.
func patient(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, 2*time.Minute)
}
