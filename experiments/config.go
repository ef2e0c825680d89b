package experiments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
)

// Deps is what the service needs. All fields must be set but those that say otherwise.
type Deps struct {
	Bus    events.Bus
	Caller events.Caller
	Store  events.Store
	Stamp  events.Stamp
	// Now is the clock of runs and samples; that of Stamp dates what is published.
	Now func() time.Time
	Log *slog.Logger
	// Registerer takes the metrics.
	Registerer prometheus.Registerer
	// Owner is the id of this server in leases; it stays the same over a restart.
	Owner string
	// Probes are the kinds of probes. Experiments that need one that lacks something are
	// not run.
	Probes probe.Table
	// Workloads reads a namespace with what runs in it, for runs that name no environment of
	// ours. Errors: *events.Error of KindNotFound when there is none.
	Workloads func(ctx context.Context, namespace string) (record.Environment, error)
	// Documents are the experiments that events may start; nil means none.
	Documents func() []spec.Document
	// Version is the version of the tool, for the record.
	Version string
	// Report is the address of a run's report; nil where no server shows it.
	Report func(run string) string
	// Checkpoint is called after each step of a run (Checkpoints), so that a test can
	// crash the process there; nil in production.
	Checkpoint func(step string)
	Config     Config
}

// Config bounds the waits of the service. DefaultConfig has the usual values.
type Config struct {
	// Poll is the pause before a question that nobody answered is asked again.
	Poll time.Duration
	// Parallel bounds the runs that one server works on at the same time.
	Parallel int
	// MaxAge is how old a request for a run may be; an older one is refused.
	MaxAge time.Duration
	// Keep is how long finished runs are kept, MaxRuns how many of them, checked every
	// PruneEvery. Runs that ended within MaxAge stay in any case.
	Keep       time.Duration
	MaxRuns    int
	PruneEvery time.Duration
	// OneShot says that the service lives for one command. It deletes no finished run,
	// and leaves the store with the retention that a server gave it.
	OneShot bool
	// ReadOnly says that the service answers what there is of runs, and no more: it takes no
	// request and works on no run.
	ReadOnly bool
	// StoreTimeout bounds one write of a record.
	StoreTimeout time.Duration
	// LeaseTTL is how long a run belongs to a server that shows no sign of life.
	LeaseTTL time.Duration
	// BaselineGrace is added to the baseline's duration for the environment to settle,
	// when the experiment does not say how much is.
	BaselineGrace time.Duration
	// SampleTimeout bounds one sample of one probe.
	SampleTimeout time.Duration
	// InjectTimeout is how long chaos may take to inject; it refuses what comes later.
	InjectTimeout time.Duration
	// SlowInject is how long chaos may take beside that to inject a step of the method, as
	// the kind of its fault says; nil for none that takes long.
	SlowInject func(spec.Fault) time.Duration
	// CloseGrace is how long after the budget chaos may take to close a fault.
	CloseGrace time.Duration
	// MarkGrace is how long after the closing the last marks may arrive.
	MarkGrace time.Duration
	// RevertTimeout bounds the wait for a fault that is being reverted.
	RevertTimeout time.Duration
	// ShutdownTimeout is RevertTimeout when the server is stopping.
	ShutdownTimeout time.Duration
	// EnvironmentTimeout bounds the wait for somebody who knows the environment.
	EnvironmentTimeout time.Duration
	// QueueTimeout is how long a run waits for others in the same environment.
	QueueTimeout time.Duration
	// Slack is added to the sum of all bounds: no run lasts longer.
	Slack time.Duration
}

// DefaultConfig is the configuration for real clusters.
func DefaultConfig() Config {
	return Config{
		Poll: time.Second, LeaseTTL: 15 * time.Second, Parallel: 64, MaxAge: 24 * time.Hour,
		Keep: 90 * 24 * time.Hour, MaxRuns: 20000, PruneEvery: time.Minute, StoreTimeout: 10 * time.Second,
		BaselineGrace: 15 * time.Second, SampleTimeout: 5 * time.Second,
		InjectTimeout: 30 * time.Second, CloseGrace: 15 * time.Second, MarkGrace: 3 * time.Second,
		RevertTimeout: 30 * time.Second, ShutdownTimeout: 5 * time.Second,
		EnvironmentTimeout: 20 * time.Second, QueueTimeout: time.Hour, Slack: time.Minute,
	}
}

// Validate reports every bound that is not positive.
func (c Config) Validate() error {
	var errs []error
	for _, b := range []struct {
		name  string
		value time.Duration
	}{
		{"Poll", c.Poll},
		{"LeaseTTL", c.LeaseTTL},
		{"MaxAge", c.MaxAge},
		{"PruneEvery", c.PruneEvery},
		{"StoreTimeout", c.StoreTimeout},
		{"BaselineGrace", c.BaselineGrace},
		{"SampleTimeout", c.SampleTimeout},
		{"InjectTimeout", c.InjectTimeout},
		{"CloseGrace", c.CloseGrace},
		{"MarkGrace", c.MarkGrace},
		{"RevertTimeout", c.RevertTimeout},
		{"ShutdownTimeout", c.ShutdownTimeout},
		{"EnvironmentTimeout", c.EnvironmentTimeout},
		{"QueueTimeout", c.QueueTimeout},
		{"Slack", c.Slack},
	} {
		if b.value <= 0 {
			errs = append(errs, fmt.Errorf("experiments: %s is %s, want more than 0", b.name, b.value))
		}
	}
	if c.Keep <= c.MaxAge {
		errs = append(errs, fmt.Errorf("experiments: Keep is %s, want more than MaxAge (%s)", c.Keep, c.MaxAge))
	}
	if c.Parallel < 1 || c.MaxRuns < 1 {
		errs = append(errs, fmt.Errorf("experiments: Parallel is %d and MaxRuns %d, want at least 1", c.Parallel, c.MaxRuns))
	}
	return errors.Join(errs...)
}

// injecting is how long chaos may take to inject a step.
func (c Config) injecting(f spec.Fault) time.Duration {
	if c.SlowInject == nil {
		return c.InjectTimeout
	}
	return c.InjectTimeout + max(0, c.SlowInject(f))
}

// deadline is how long a run of the spec may take at the very most.
func (c Config) deadline(s spec.Spec) time.Duration {
	whole := c.baseline(s) + s.Observe.Std() + c.Slack
	for _, f := range s.Method {
		whole += c.injecting(f) + max(0, f.Duration.Std()) + s.Recovery.Budget.Std() + c.CloseGrace + c.MarkGrace
	}
	return whole
}

// baseline is how long the baseline of a run of the spec may take.
func (c Config) baseline(s spec.Spec) time.Duration {
	return s.Baseline.Duration.Std() + cmp.Or(s.Baseline.Grace.Std(), c.BaselineGrace)
}
