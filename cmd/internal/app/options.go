package app

import (
	"log/slog"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/experiments/prom"
)

// Options are all that an app needs to know, beside the settings of single services,
// which stay in the rows of Table. The zero value of a field means that the feature
// is absent, unless it says otherwise.
type Options struct {
	// Version stands in reports.
	Version string
	// OneShot says that the app lives for one command, which changes nothing about what
	// a server keeps.
	OneShot bool
	// Reading says that the app lives for a command that reads what runs have left in the
	// data directory: nobody works, and nothing is needed for work.
	Reading bool
	// Answering says that the app lives for a command that asks what there is and what would
	// be changed: nobody works on requests.
	Answering bool
	// Demo says that the app is a part of the demo: a data directory that only the demo has
	// used goes with it.
	Demo bool
	// DataDir holds the embedded server's state. It is used by one app at a time.
	DataDir string
	// CacheDir holds what was built for sandboxes.
	CacheDir string
	// NATS is an external server; without a URL one is run in this process.
	NATS natsbus.Access
	// Table has the rows of the services, whose flags may have been set; nil means
	// Services().
	Table []Service
	// Services names what to run, which must lack nothing; empty means all that lack
	// nothing.
	Services []string
	// Kubeconfig and Context choose the cluster; empty means the usual places.
	Kubeconfig, Context string
	// Cluster is one of ours, by name, instead of a kubeconfig.
	Cluster string
	// Prometheus answers the queries of hypotheses.
	Prometheus prom.Config
	// Documents are what was read from spec files; each service takes its own kinds.
	Documents []spec.Document
	// Listen is the address of the HTTP listener for pages, metrics and webhooks; empty
	// means none. Port 0 takes a free one. Off this machine it needs a token.
	Listen string
	// ListenHooks is the address of one for webhooks alone; empty means none.
	ListenHooks string
	// ListenTokenFile holds the token without which Listen answers nothing but webhooks.
	ListenTokenFile string
	// PublicURL is the address under which people reach the HTTP listener; empty
	// means the listener's own.
	PublicURL string
	// Checkpoint is called after each step of a fault or a run, so that a test can
	// end the process there; nil in production.
	Checkpoint func(step string)
	// Settled is called once every service takes work, before the server says that it
	// is ready: what only the start needed may go; nil does nothing.
	Settled func()
	// Env looks up environment variables; Environ is the whole environment, for
	// programs that are started.
	Env     func(string) string
	Environ []string
	// Log, Now and NewID must be set.
	Log   *slog.Logger
	Now   func() time.Time
	NewID func() string
}

// AddFlags adds the flags of the services and of what they need to a command: of all,
// or, with listens false, of those that run without a listener and by the names in
// Services. What only a server has is then left out.
func (o *Options) AddFlags(flags *pflag.FlagSet, listens bool) {
	if o.Table == nil {
		o.Table = Services()
	}
	rows := o.Table
	if !listens {
		rows = o.chosen()
	}
	for _, n := range Needs() {
		if slices.ContainsFunc(rows, func(s Service) bool { return s.needs(n.Name) }) {
			n.Flags(flags, o)
		}
	}
	for _, s := range rows {
		if s.Flags != nil {
			s.Flags(flags)
		}
		if s.ServerFlags != nil && listens {
			s.ServerFlags(flags)
		}
	}
}

// AddCheckupFlags adds the flags of what Checkups can check, and no more.
func (o *Options) AddCheckupFlags(flags *pflag.FlagSet) {
	for _, n := range Needs() {
		if n.Check != nil {
			n.Flags(flags, o)
		}
	}
}

// listens says whether there is any listener.
func (o Options) listens() bool { return o.Listen != "" || o.ListenHooks != "" }

func (s Service) needs(name string) bool {
	return slices.ContainsFunc(s.Needs, func(n Need) bool { return n.Name == name })
}
