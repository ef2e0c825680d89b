package app

import (
	"context"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// clusterNeed is the Kubernetes cluster that environments are in.
func clusterNeed() Need {
	return Need{
		Name: "cluster",
		Flags: func(flags *pflag.FlagSet, o *Options) {
			flags.StringVar(&o.Kubeconfig, "kubeconfig", "", "kubeconfig `file` (default $KUBECONFIG or $HOME/.kube/config)")
			flags.StringVar(&o.Context, "context", "", "`context` of the kubeconfig")
			flags.StringVar(&o.Cluster, "cluster", "", "`name` of a cluster of `shakedown cluster`, instead of a kubeconfig")
		},
		Named:  namesCluster,
		Absent: func(o Options) bool { return !namesCluster(o) && !usualCluster() },
		What:   "a Kubernetes cluster", Advice: kube.Hint,
		Check: checkCluster,
	}
}

func namesCluster(o Options) bool {
	return o.Kubeconfig != "" || o.Cluster != "" || o.Context != "" || o.Env("KUBECONFIG") != ""
}

// usualCluster says whether there is a cluster without being named: that of the pod, or of
// the kubeconfig in the usual place, be it one that can be used or not.
func usualCluster() bool {
	_, err := kube.Config("", "")
	return events.KindOf(err) != events.KindNotFound
}

// checkCluster asks the API server that the options name for its version.
func checkCluster(ctx context.Context, o Options) (Found, error) {
	o, err := o.located(ctx)
	if err != nil {
		return Found{Object: "kubeconfig"}, err
	}
	config, err := kube.Config(o.Kubeconfig, o.Context)
	if err != nil {
		return Found{Object: "kubeconfig"}, err
	}
	found := Found{Object: "api server"}
	client, err := kube.New(config)
	if err != nil {
		return found, events.Errorf(events.KindInvalid, kube.Hint, "open cluster: %w", err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	version, err := client.Version(ctx)
	if err != nil {
		return found, err
	}
	found.Answer = version + " at " + config.Host
	return found, nil
}

// located is the options with the path of the kubeconfig: that of one of our clusters,
// the one that was given, or what $KUBECONFIG names; "" leaves the usual places.
func (o Options) located(ctx context.Context) (Options, error) {
	if o.Kubeconfig == "" {
		o.Kubeconfig = o.Env("KUBECONFIG")
	}
	if o.Cluster == "" {
		return o, nil
	}
	clusters, err := NewClusters(o.clusters())
	if err != nil {
		return o, err
	}
	path, err := clusters.WriteKubeconfig(ctx, o.Cluster)
	o.Kubeconfig, o.Context, o.Cluster = path, "", ""
	return o, err
}

// openCluster reads the kubeconfig for the services that need a cluster.
func (a *App) openCluster(ctx context.Context) (err error) {
	if a.options, err = a.options.located(ctx); err != nil {
		return err
	}
	if a.need(clusterNeed().Name) {
		a.kube, err = kube.Config(a.options.Kubeconfig, a.options.Context)
	}
	return err
}
