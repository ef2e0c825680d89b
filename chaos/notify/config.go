package notify

import (
	"errors"
	"fmt"
	"time"
)

// Config are the bounds of the service.
type Config struct {
	// Patience bounds one request.
	Patience time.Duration
	// Pause is the wait after the first attempt that failed, doubled up to MaxPause.
	Pause, MaxPause time.Duration
	// GiveUp is how long after its event a message is sent at all.
	GiveUp time.Duration
	// Lease is how long a server that says nothing keeps a message.
	Lease time.Duration
	// Parallel bounds the messages that this server sends at once.
	Parallel int
}

// DefaultConfig are the bounds where an operator says nothing.
func DefaultConfig() Config {
	return Config{Patience: 10 * time.Second, Pause: time.Second, MaxPause: time.Minute, GiveUp: time.Hour, Lease: 15 * time.Second, Parallel: 4}
}

// Validate reports every bound that cannot work, joined.
func (c Config) Validate() error {
	var errs []error
	for name, d := range map[string]time.Duration{"patience": c.Patience, "pause": c.Pause, "maxPause": c.MaxPause, "giveUp": c.GiveUp, "lease": c.Lease} {
		if d <= 0 {
			errs = append(errs, fmt.Errorf("%s is %s, want more than 0", name, d))
		}
	}
	if c.Parallel < 1 {
		errs = append(errs, fmt.Errorf("parallel is %d, want at least 1", c.Parallel))
	}
	return errors.Join(errs...)
}
