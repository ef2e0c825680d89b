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
	// Attempts is how often a copy is tried, the first time included; Pause is the
	// time before the next attempt.
	Attempts int
	Pause    time.Duration
	// Return is how long a copy waits for the server that has begun it and was stopped.
	Return time.Duration
	// ProgressEvery bounds how often progress is published.
	ProgressEvery time.Duration
	// MaxAge is how old a request may be when it is taken.
	MaxAge time.Duration
	// Remember is how long a request that is done is remembered. It must be at least
	// three times MaxAge: a seed's request is made again when its environment's event
	// comes again, so its end may be forgotten up to MaxAge before its own age says so.
	Remember time.Duration
}

// DefaultConfig is what a server uses when nothing else is said.
func DefaultConfig() Config {
	return Config{
		Parallel: 2, Lease: 15 * time.Second, Attempts: 5, Pause: 5 * time.Second, Return: 5 * time.Minute,
		ProgressEvery: time.Second, MaxAge: 24 * time.Hour, Remember: 7 * 24 * time.Hour,
	}
}

// validateTimes wants every time to be more than 0.
func (c Config) validateTimes() (errs []error) {
	for _, d := range []struct {
		key   string
		value time.Duration
	}{
		{"datamove.lease", c.Lease},
		{"datamove.pause", c.Pause},
		{"datamove.return", c.Return},
		{"datamove.progressEvery", c.ProgressEvery},
		{"datamove.maxAge", c.MaxAge},
		{"datamove.remember", c.Remember},
	} {
		if d.value <= 0 {
			errs = append(errs, fmt.Errorf("%s is %s, want more than 0", d.key, d.value))
		}
	}
	return errs
}

// Validate reports every bound that cannot work, joined.
func (c Config) Validate() error {
	errs := c.validateTimes()
	if c.Remember > 0 && c.Remember < 3*c.MaxAge {
		errs = append(errs, fmt.Errorf("datamove.remember is %s, want at least three times datamove.maxAge (%s)", c.Remember, c.MaxAge))
	}
	if c.Remember > keepEnded {
		errs = append(errs, fmt.Errorf("datamove.remember is %s, want at most the %s that folders of copies stay", c.Remember, keepEnded))
	}
	if c.Parallel < 1 {
		errs = append(errs, fmt.Errorf("datamove.parallel is %d, want at least 1", c.Parallel))
	}
	if c.Attempts < 1 {
		errs = append(errs, fmt.Errorf("datamove.attempts is %d, want at least 1", c.Attempts))
	}
	return errors.Join(errs...)
}
