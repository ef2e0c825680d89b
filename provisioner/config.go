package provisioner

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// Config are the bounds that a server works within.
type Config struct {
	// Drivers are those whose clusters may be asked for by an event. A document of
	// the driver existing names a file of the server's machine, which may run
	// programs, so only a command on that machine should choose it.
	Drivers []string
	// MaxClusters bounds the clusters of this machine that requests can lead to.
	MaxClusters int
	// CreateDeadline is how long a create may take, the building of its programs
	// included; DestroyDeadline is how long a destroy may take.
	CreateDeadline, DestroyDeadline time.Duration
	// Parallel bounds the clusters that are worked on at once.
	Parallel int
	// Lease is how long a server that is silent keeps its work.
	Lease time.Duration
	// ProgressEvery bounds how often progress is published.
	ProgressEvery time.Duration
}

// DefaultConfig is what a server uses when nothing else is said.
func DefaultConfig() Config {
	return Config{
		Drivers: []string{DriverSandbox}, MaxClusters: 8, CreateDeadline: time.Hour, DestroyDeadline: 5 * time.Minute,
		Parallel: 2, Lease: 15 * time.Second, ProgressEvery: 250 * time.Millisecond,
	}
}

// Validate reports every bound that cannot work, joined.
func (c Config) Validate() error {
	var errs []error
	for _, d := range []struct {
		key   string
		value time.Duration
	}{
		{"createDeadline", c.CreateDeadline},
		{"destroyDeadline", c.DestroyDeadline},
		{"lease", c.Lease},
		{"progressEvery", c.ProgressEvery},
	} {
		if d.value <= 0 {
			errs = append(errs, fmt.Errorf("provisioner.%s is %s, want more than 0", d.key, d.value))
		}
	}
	if c.Parallel < 1 {
		errs = append(errs, fmt.Errorf("provisioner.parallel is %d, want at least 1", c.Parallel))
	}
	if c.MaxClusters < 0 {
		errs = append(errs, fmt.Errorf("provisioner.maxClusters is %d, want at least 0", c.MaxClusters))
	}
	return errors.Join(errs...)
}

// admit decides whether a request may lead to one more cluster beside those that
// are there or are being made. Errors: *events.Error of KindRefused.
func (c Config) admit(d Document, others []string) error {
	name := d.Metadata.Name
	if !slices.Contains(c.Drivers, d.Spec.Driver) {
		return events.Errorf(events.KindRefused, "shakedown cluster create "+name+" --driver "+d.Spec.Driver,
			"cluster %s: the driver %s is for commands on the server's machine, not for requests", name, d.Spec.Driver)
	}
	if len(others) >= c.MaxClusters {
		return events.Errorf(events.KindRefused, "shakedown cluster destroy NAME",
			"cluster %s: there are %d clusters and at most %d are allowed", name, len(others), c.MaxClusters)
	}
	return nil
}
