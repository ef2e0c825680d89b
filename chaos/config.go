package chaos

import (
	"cmp"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/events"
)

// Config is what an operator may set. The zero value is usable.
type Config struct {
	// AllowedNamespaces lets faults into namespaces that are not ours. The opt-in
	// label is still asked for, and namespaces of Kubernetes itself never qualify.
	AllowedNamespaces []string
	// Lease is how long a replica that says nothing keeps a fault; 0 means 15 s.
	Lease time.Duration
	// InjectTimeout bounds the survey, and each injection unless its kind says more; 0
	// means 10 s.
	InjectTimeout time.Duration
	// RevertTimeout bounds one attempt to revert; 0 means 15 s.
	RevertTimeout time.Duration
	// StopWait is how long an emergency stop waits for open faults; 0 means 10 s.
	StopWait time.Duration
	// ReadOnly answers calls, and works on no fault.
	ReadOnly bool
	// Keep is how long closed faults are remembered; 0 means 7 days. It must be more
	// than a day, for so long a request may come again.
	Keep time.Duration
}

// DefaultKeep is how long closed faults are remembered.
const DefaultKeep = 7 * 24 * time.Hour

func (c Config) withDefaults() Config {
	c.Lease = cmp.Or(c.Lease, 15*time.Second)
	c.InjectTimeout = cmp.Or(c.InjectTimeout, 10*time.Second)
	c.RevertTimeout = cmp.Or(c.RevertTimeout, 15*time.Second)
	c.StopWait = cmp.Or(c.StopWait, 10*time.Second)
	c.Keep = cmp.Or(c.Keep, DefaultKeep)
	return c
}

// Deps are what the service works with. Bus, Caller, Store,
// Stamp and Installation must be set.
type Deps struct {
	Config Config
	Bus    events.Bus
	Caller events.Caller
	Store  events.Store
	Stamp  events.Stamp
	// Kinds are the faults that are offered, under their names.
	Kinds []Kind
	// Owner is the id of this server. It stays the same over a restart, so that the
	// server claims its own faults at once.
	Owner string
	// Installation is the id of all servers and commands that share the store; an
	// environment of another one is not ours.
	Installation string
	// Seed draws the seed of a request without one; nil draws at random.
	Seed func() uint64
	// Checkpoint is called between any two effects, with the name of the step; nil
	// does nothing. Tests use it to end the process at every step.
	Checkpoint func(step string)
	// Log gets what changes in the world; nil discards it.
	Log *slog.Logger
	// Registerer gets the metrics; nil keeps them to ourselves.
	Registerer prometheus.Registerer
}

func (d Deps) withDefaults() Deps {
	d.Config = d.Config.withDefaults()
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Checkpoint == nil {
		d.Checkpoint = func(string) {}
	}
	if d.Seed == nil {
		// Within 53 bits, so that every reader of JSON sees the same number.
		d.Seed = func() uint64 { return rand.Uint64N(1<<53-1) + 1 }
	}
	return d
}

const (
	group       = "chaos"
	concurrency = 8
	// parallel bounds the faults that are open in one server at once.
	parallel = 256
)
