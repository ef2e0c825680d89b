package app

import (
	"context"
	"time"

	"k8s.io/client-go/discovery"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments"
	"github.com/shakedown-dev/shakedown/experiments/prom"
)

// checkTimeout bounds one look at something that may not answer.
const checkTimeout = 5 * time.Second

// CheckCluster asks the API server that the options name for its version.
func CheckCluster(ctx context.Context, o Options) (string, error) {
	config, err := o.restConfig()
	if err != nil {
		return "", err
	}
	config.Timeout = checkTimeout
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return "", events.Errorf(events.KindInvalid, kubeHint, "open cluster: %w", err)
	}
	version, err := client.ServerVersion()
	if err != nil {
		return "", events.Errorf(events.KindUnavailable, "kubectl version tells more", "ask API server %s: %w", config.Host, err)
	}
	return version.GitVersion + " at " + config.Host, context.Cause(ctx)
}

// CheckPrometheus asks a Prometheus a question that always has an answer.
func CheckPrometheus(ctx context.Context, c prom.Config) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	prober, err := prom.New(c)
	if err != nil {
		return err
	}
	reading := prober.Query(ctx, experiments.Query{Expr: "count(up)", MaxAge: time.Hour}, time.Now())
	if reading.Problem == nil || answered(reading.Problem.Kind) {
		return nil
	}
	return events.Errorf(events.KindUnavailable, "check --prometheus-url and the credentials",
		"ask Prometheus at %s: %s", c.URL, reading.Problem.Message)
}

// answered says whether a problem was told by a Prometheus that works: it may
// have nothing to scrape yet.
func answered(kind experiments.ProblemKind) bool {
	return kind == experiments.ProblemNoData || kind == experiments.ProblemStale
}
