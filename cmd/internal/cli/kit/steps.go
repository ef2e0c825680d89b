package kit

import (
	"fmt"
	"time"
)

// Steps shows steps that may overlap, as those of a cluster do.
type Steps struct {
	p             *Progress
	began, spoken map[string]time.Time
}

// Steps begins to show steps that may overlap.
func (d *Deps) Steps() *Steps {
	return &Steps{p: d.Progress(), began: map[string]time.Time{}, spoken: map[string]time.Time{}}
}

// StepStarted says that a step begins.
func (s *Steps) StepStarted(step string) {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.began[step], s.spoken[step] = s.p.now(), s.p.now()
	s.show("step", step, "", step+" ...")
}

// StepNote says how a long step is coming on; where no live line can be drawn it is
// shown at every heartbeat only.
func (s *Steps) StepNote(step, note string) {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	now := s.p.now()
	if !s.p.live && !s.p.json && !s.p.verbose && now.Sub(s.spoken[step]) < heartbeat {
		return
	}
	s.spoken[step] = now
	s.show("progress", step, note, fmt.Sprintf("  %s: %s (%s)", step, note, now.Sub(s.began[step]).Round(time.Second)))
}

// StepEnded says that a step is over; err is nil if it went well.
func (s *Steps) StepEnded(step string, err error) {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.p.finish(step, s.p.now().Sub(s.began[step]).Round(100*time.Millisecond), err)
}

// show writes one line: alive on a terminal, plain elsewhere.
func (s *Steps) show(kind, step, detail, text string) {
	switch {
	case s.p.json:
		s.p.line(kind, step, detail)
	case s.p.live:
		s.p.draw(text)
	default:
		s.p.print("%s\n", text)
	}
}
