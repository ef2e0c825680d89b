package kube

import (
	"errors"
	"io/fs"
	"path/filepath"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/shakedown-dev/shakedown/events"
)

// Hint is what helps when no cluster is found.
const Hint = "give --kubeconfig FILE or --cluster NAME, or make a cluster with: shakedown cluster create demo --driver sandbox"

// Config reads where a cluster is and how to log in: from the kubeconfig file, or,
// with "", from the pod's service account or the usual places. The context may be
// "" for the file's current one. Nothing is connected to. Errors: *events.Error of
// KindNotFound when there is no file, of KindInvalid when it cannot be used.
func Config(kubeconfig, context string) (*rest.Config, error) {
	if kubeconfig == "" && context == "" {
		if config, err := rest.InClusterConfig(); err == nil {
			return config, nil
		}
	}
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	if files := filepath.SplitList(kubeconfig); len(files) > 1 { // as $KUBECONFIG may name them
		rules.Precedence = files
	} else {
		rules.ExplicitPath = kubeconfig
	}
	overrides := &clientcmd.ConfigOverrides{CurrentContext: context}
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides).ClientConfig()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, events.Errorf(events.KindNotFound, Hint, "read kubeconfig: %w", err)
	case clientcmd.IsEmptyConfig(err):
		return nil, events.Errorf(events.KindNotFound, Hint, "no kubeconfig was given and there is none at %s", usualPlace(rules))
	case err != nil:
		return nil, events.Errorf(events.KindInvalid, Hint, "read kubeconfig: %w", err)
	}
	return config, nil
}

func usualPlace(rules *clientcmd.ClientConfigLoadingRules) string {
	if len(rules.Precedence) > 0 {
		return rules.Precedence[0]
	}
	return "the usual place"
}

// ForClient is a copy of the configuration as our clients use it: without limits
// of requests per second, since the API server's own fairness limits us, without
// the API server's warnings on stderr, and under our own name.
func ForClient(config *rest.Config) *rest.Config {
	own := rest.CopyConfig(config)
	own.QPS, own.Burst, own.RateLimiter = -1, 0, nil
	own.WarningHandler, own.WarningHandlerWithContext = rest.NoWarnings{}, nil
	if own.UserAgent == "" {
		own.UserAgent = events.Manager
	}
	return own
}
