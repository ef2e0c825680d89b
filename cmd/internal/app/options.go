package app

import (
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/experiments"
	"github.com/shakedown-dev/shakedown/experiments/prom"
)

// The services that an app can run.
const (
	ServiceEnvs        = "envs"
	ServiceChaos       = "chaos"
	ServiceDatamove    = "datamove"
	ServiceExperiments = "experiments"
	ServiceWebhook     = "webhook"
)

// Services lists every service by name.
func Services() []string {
	return []string{ServiceChaos, ServiceDatamove, ServiceEnvs, ServiceExperiments, ServiceWebhook}
}

// Options are all that an app needs to know. The zero value of a field means
// that the feature is absent, unless it says otherwise.
type Options struct {
	// Version is told in reports.
	Version string
	// DataDir holds the embedded server's state. It is used by one app at a time.
	DataDir string
	// NATS is an external server; without a URL one is run in this process.
	NATS natsbus.Access
	// Services names what to run; empty means all.
	Services []string
	// Kubeconfig and Context choose the cluster; empty means the usual places.
	Kubeconfig, Context string
	// Prometheus answers the queries of hypotheses.
	Prometheus prom.Config
	// Templates are the environments that CI may ask for, by name.
	Templates map[string]envs.Document
	// Experiments are what runs by event.
	Experiments []experiments.Document
	// DataCopies may seed environments; DataPolicy decides which targets are written to.
	DataCopies []datamove.Document
	DataPolicy datamove.Policy
	// Env looks up environment variables that credentials name.
	Env func(string) string
	// Listen is the address of the HTTP listener for webhooks, reports and metrics;
	// empty means none. Port 0 takes a free one.
	Listen string
	// PublicURL is the address under which people reach the HTTP listener; empty
	// means the listener's own.
	PublicURL string
	// HookSecrets sign what CI posts; without one the webhook refuses everything.
	HookSecrets []string
	// AllowNamespaces may be broken although they are not environments of ours.
	AllowNamespaces []string
	// Checkpoint is called after each step of a fault or a run, so that a test can
	// end the process there; nil in production.
	Checkpoint func(step string)
	// Log, Now and NewID must be set.
	Log   *slog.Logger
	Now   func() time.Time
	NewID func() string
}

// validate reports what cannot work.
func (o Options) validate() error {
	for _, name := range o.Services {
		if !slices.Contains(Services(), name) {
			return events.Errorf(events.KindInvalid, "known are "+strings.Join(Services(), ", "), "service %q is not known", name)
		}
	}
	if o.runs(ServiceExperiments) && o.Prometheus.URL == "" {
		return events.Errorf(events.KindInvalid, "give --prometheus http://HOST:9090", "experiments need a Prometheus, and none is named")
	}
	return nil
}

// needsCluster says whether a service speaks to Kubernetes.
func (o Options) needsCluster() bool {
	return o.runs(ServiceEnvs) || o.runs(ServiceChaos) || o.runs(ServiceExperiments)
}

func (o Options) runs(service string) bool {
	return len(o.Services) == 0 || slices.Contains(o.Services, service)
}
