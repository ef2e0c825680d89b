package app

import (
	"errors"
	"io/fs"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/shakedown-dev/shakedown/events"
)

const kubeHint = "give --kubeconfig FILE or --cluster NAME, or make a cluster with: shakedown cluster create demo --driver sandbox"

// restConfig reads the kubeconfig that the options name, the usual ones, or the
// service account of the pod that we run in.
func (o Options) restConfig() (*rest.Config, error) {
	if o.Kubeconfig == "" && o.Context == "" {
		if config, err := rest.InClusterConfig(); err == nil {
			return config, nil
		}
	}
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = o.Kubeconfig
	overrides := &clientcmd.ConfigOverrides{CurrentContext: o.Context}
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides).ClientConfig()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, events.Errorf(events.KindNotFound, kubeHint, "read kubeconfig: %w", err)
	case clientcmd.IsEmptyConfig(err):
		return nil, events.Errorf(events.KindNotFound, kubeHint, "no kubeconfig was given and there is none at %s", usualPlace(rules))
	case err != nil:
		return nil, events.Errorf(events.KindInvalid, kubeHint, "read kubeconfig: %w", err)
	}
	return config, nil
}

func usualPlace(rules *clientcmd.ClientConfigLoadingRules) string {
	if len(rules.Precedence) > 0 {
		return rules.Precedence[0]
	}
	return "the usual place"
}
