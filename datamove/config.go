package datamove

import (
	"errors"
	"fmt"
	"time"
)

// Config are the bounds that the service works within.
type Config struct {
	// Parallel bounds the copies that one server works on at once.
	Parallel int
	// Lease is how long a server that has gone silent keeps its copies.
	Lease time.Duration
	// Attempts is how often a copy that was cut off is taken up, the first time
	// included; Pause is the time before the next attempt.
	Attempts int
	Pause    time.Duration
	// ProgressEvery bounds how often progress is told.
	ProgressEvery time.Duration
	// Remember is how long a request that is done is remembered.
	Remember time.Duration
}

// DefaultConfig is what a server uses when nothing else is said.
func DefaultConfig() Config {
	return Config{
		Parallel: 2, Lease: 15 * time.Second, Attempts: 5, Pause: 5 * time.Second,
		ProgressEvery: time.Second, Remember: 7 * 24 * time.Hour,
	}
}

// Validate reports every bound that cannot work, joined.
func (c Config) Validate() error {
	var errs []error
	for _, d := range []struct {
		key   string
		value time.Duration
	}{
		{"datamove.lease", c.Lease},
		{"datamove.pause", c.Pause},
		{"datamove.progressEvery", c.ProgressEvery},
		{"datamove.remember", c.Remember},
	} {
		if d.value <= 0 {
			errs = append(errs, fmt.Errorf("%s is %s, want more than 0", d.key, d.value))
		}
	}
	if c.Parallel < 1 {
		errs = append(errs, fmt.Errorf("datamove.parallel is %d, want at least 1", c.Parallel))
	}
	if c.Attempts < 1 {
		errs = append(errs, fmt.Errorf("datamove.attempts is %d, want at least 1", c.Attempts))
	}
	return errors.Join(errs...)
}
