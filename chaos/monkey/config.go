package monkey

import (
	"errors"
	"fmt"
	"time"
)

// Config are the bounds of the service.
type Config struct {
	// Lease is how long the duty of a server that says nothing stays with it.
	Lease time.Duration
	// Tick is the time between two looks at what is due.
	Tick time.Duration
	// OnTime is how late a start may be seen and still count as on time.
	OnTime time.Duration
	// Jump is how far a clock may be off what has really passed before it counts as
	// changed; nothing is decided for Settle after that.
	Jump, Settle time.Duration
	// Retry is the time until a plan that could not be made is tried again, and Again that
	// until a start is.
	Retry, Again time.Duration
	// Patience bounds one question to another service, or one calendar.
	Patience time.Duration
	// Keep is how long plans and what became of their starts are remembered.
	Keep time.Duration
}

// DefaultConfig are the bounds where an operator says nothing.
func DefaultConfig() Config {
	return Config{
		Lease: 15 * time.Second, Tick: time.Second, OnTime: time.Minute, Jump: time.Minute, Settle: 2 * time.Minute,
		Retry: time.Minute, Again: 10 * time.Second, Patience: 30 * time.Second, Keep: 90 * 24 * time.Hour,
	}
}

// minKeep is longer than any start may be late, and than clocks that were changed are off.
const minKeep = 7 * 24 * time.Hour

// Validate reports every bound that cannot work, joined.
func (c Config) Validate() error {
	var errs []error
	for name, d := range map[string]time.Duration{
		"lease": c.Lease, "tick": c.Tick, "onTime": c.OnTime, "jump": c.Jump, "retry": c.Retry, "again": c.Again, "patience": c.Patience,
	} {
		if d <= 0 {
			errs = append(errs, fmt.Errorf("%s is %s, want more than 0", name, d))
		}
	}
	if c.Keep < minKeep {
		errs = append(errs, fmt.Errorf("keep is %s, want at least %s", c.Keep, minKeep))
	}
	return errors.Join(errs...)
}
