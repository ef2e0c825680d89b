package chaos

import (
	"sync"

	"github.com/shakedown-dev/shakedown/events"
)

// halt lets every fault that is worked on here know of an engaged stop at once,
// without a write for each.
type halt struct {
	mu      sync.Mutex
	engaged chan struct{}
	is      bool
	// reason is that of the last stop, also when it is released.
	reason string
}

func newHalt() *halt { return &halt{engaged: make(chan struct{})} }

// show takes in a state of the stop.
func (h *halt) show(s events.StopState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case s.Engaged && !h.is:
		h.is, h.reason = true, stopReason(s.Reason)
		close(h.engaged)
	case !s.Engaged && h.is:
		h.is, h.engaged = false, make(chan struct{})
	}
}

// signal is closed when the stop is engaged; is says that it was already.
func (h *halt) signal() (engaged <-chan struct{}, is bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.engaged, h.is
}

// why is the reason of the last stop.
func (h *halt) why() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.reason
}

func stopReason(reason string) string { return "emergency stop: " + reason }
