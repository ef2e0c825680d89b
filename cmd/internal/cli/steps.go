package cli

import (
	"fmt"
	"sync"
	"time"
)

// steps shows steps that may overlap, as the provisioner tells of them.
type steps struct {
	p      *progress
	mu     sync.Mutex
	began  map[string]time.Time
	spoken map[string]time.Time
}

func (f *factory) steps() *steps {
	return &steps{p: f.progress(), began: map[string]time.Time{}, spoken: map[string]time.Time{}}
}

// StepStarted says that a step begins.
func (s *steps) StepStarted(step string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began[step], s.spoken[step] = s.p.now(), s.p.now()
	s.p.tell("step", step, "", step+" ...")
}

// StepNote says how a long step is coming on; where no live line can be drawn it
// is told at every heartbeat only.
func (s *steps) StepNote(step, note string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.p.now()
	if !s.p.live && !s.p.json && !s.p.verbose && now.Sub(s.spoken[step]) < heartbeat {
		return
	}
	s.spoken[step] = now
	s.p.tell("progress", step, note, fmt.Sprintf("  %s: %s (%s)", step, note, now.Sub(s.began[step]).Round(time.Second)))
}

// StepEnded says that a step is over; err is nil if it went well.
func (s *steps) StepEnded(step string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	took := s.p.now().Sub(s.began[step]).Round(100 * time.Millisecond)
	mark := "done"
	if err != nil {
		mark = "failed"
	}
	s.p.ended(mark, step, took)
}
