package app

import (
	"context"
	"time"

	"k8s.io/client-go/discovery"

	"github.com/shakedown-dev/shakedown/events"
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

// CheckPrometheus asks a Prometheus whether it answers us.
func CheckPrometheus(ctx context.Context, c prom.Config) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	client, err := prom.New(c)
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Ping(ctx)
}

// preflight asks everything that the services need whether it is there, so that a
// wrong address is told at the start and not in the middle of a run.
func (a *App) preflight(ctx context.Context) error {
	if a.options.runs(ServiceExperiments) {
		if err := CheckPrometheus(ctx, a.options.Prometheus); err != nil {
			return err
		}
	}
	if !a.options.needsCluster() {
		return nil
	}
	_, err := CheckCluster(ctx, a.options)
	return err
}
