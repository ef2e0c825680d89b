package envs

import (
	"errors"
	"fmt"
	"time"
)

// Config are the bounds that envs works within.
type Config struct {
	// Deadline is how long an environment may take to become ready.
	Deadline time.Duration
	// Grace is how long a cause that waiting will hardly heal, such as
	// ImagePullBackOff, must last before the environment counts as failed.
	// ScheduleGrace is that of a pod that fits on no node: one may be coming.
	Grace, ScheduleGrace time.Duration
	// DestroyDeadline is how long a namespace may take to go away.
	DestroyDeadline time.Duration
	// SeedDeadline is how long the copy that fills an environment may take.
	SeedDeadline time.Duration
	// RunsDeadline is how long a request waits for runs of experiments that break the
	// environment to end.
	RunsDeadline time.Duration
	// Runs says that experiments run beside envs: where nobody answers for runs, they have
	// not started yet.
	Runs bool
	// Retry is how long an unreachable cluster is tried before a request fails.
	Retry time.Duration
	// Parallel bounds the environments that are worked on at once, and the
	// objects of one that are applied at once.
	Parallel int
	// Lease is how long a server that has gone silent keeps its work.
	Lease time.Duration
	// ProgressEvery bounds how often the progress of one step is published.
	ProgressEvery time.Duration
	// ExpiryEvery is how often all environments are read, for those whose time is over and
	// those that are gone; ExpiryWarning is how long before its end one is warned of.
	ExpiryEvery, ExpiryWarning time.Duration
	// MaxAge is how old a request may be when it is taken.
	MaxAge time.Duration
	// Remember is how long a request that is done is remembered, so that its event
	// does nothing when it comes again. It must be longer than MaxAge.
	Remember time.Duration
	// ReadOnly says that the service answers what there is and what would be changed, and
	// works on no request.
	ReadOnly bool
}

// DefaultConfig is what a server uses when nothing else is said.
func DefaultConfig() Config {
	return Config{
		Deadline: 5 * time.Minute, Grace: 20 * time.Second, ScheduleGrace: time.Minute,
		DestroyDeadline: 2 * time.Minute, SeedDeadline: time.Hour, RunsDeadline: time.Hour, Retry: 30 * time.Second, Parallel: 16,
		Lease: 15 * time.Second, ProgressEvery: 250 * time.Millisecond, MaxAge: 24 * time.Hour,
		Remember: 7 * 24 * time.Hour, ExpiryEvery: time.Minute, ExpiryWarning: time.Hour,
	}
}

// Validate reports every bound that cannot work, joined.
func (c Config) Validate() error {
	var errs []error
	for _, d := range []struct {
		key   string
		value time.Duration
	}{
		{"envs.deadline", c.Deadline},
		{"envs.grace", c.Grace},
		{"envs.scheduleGrace", c.ScheduleGrace},
		{"envs.destroyDeadline", c.DestroyDeadline},
		{"envs.seedDeadline", c.SeedDeadline},
		{"envs.runsDeadline", c.RunsDeadline},
		{"envs.retry", c.Retry},
		{"envs.lease", c.Lease},
		{"envs.progressEvery", c.ProgressEvery},
		{"envs.expiryEvery", c.ExpiryEvery},
		{"envs.expiryWarning", c.ExpiryWarning},
		{"envs.maxAge", c.MaxAge},
		{"envs.remember", c.Remember},
	} {
		if d.value <= 0 {
			errs = append(errs, fmt.Errorf("%s is %s, want more than 0", d.key, d.value))
		}
	}
	if c.Remember > 0 && c.Remember <= c.MaxAge {
		errs = append(errs, fmt.Errorf("envs.remember is %s, want more than envs.maxAge (%s)", c.Remember, c.MaxAge))
	}
	if c.Parallel < 1 {
		errs = append(errs, fmt.Errorf("envs.parallel is %d, want at least 1", c.Parallel))
	}
	return errors.Join(errs...)
}
