package provisionertest

import (
	"sync"
	"testing"

	"github.com/shakedown-dev/shakedown/provisioner"
)

// steps is a Progress that counts which steps are open.
type steps struct {
	started func(step string)

	mu   sync.Mutex
	open map[string]int
}

var _ provisioner.Progress = (*steps)(nil)

func newSteps(started func(step string)) *steps {
	return &steps{started: started, open: map[string]int{}}
}

// StepStarted implements provisioner.Progress.
func (s *steps) StepStarted(step string) {
	s.mu.Lock()
	s.open[step]++
	s.mu.Unlock()
	s.started(step)
}

// StepNote implements provisioner.Progress.
func (*steps) StepNote(string, string) {}

// StepEnded implements provisioner.Progress.
func (s *steps) StepEnded(step string, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[step]--
}

// settled wants every step that began to have ended, once.
func (s *steps) settled(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for step, open := range s.open {
		if open != 0 {
			t.Errorf("the step %q began %d times more than it ended", step, open)
		}
	}
}
