package app

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/envs/logs/kube"
	cluster "github.com/shakedown-dev/shakedown/internal/kube"
)

// AddClusterFlags adds the flags that name a cluster, for a command that only reads it.
func (o *Options) AddClusterFlags(flags *pflag.FlagSet) { clusterNeed().Flags(flags, o) }

// Logs opens the cluster that the options name for a command that reads logs. It needs no
// server: a stream of lines has no end, as answers to calls have. The caller closes it.
func Logs(ctx context.Context, o Options) (*kube.Cluster, error) {
	o, err := o.located(ctx)
	if err != nil {
		return nil, err
	}
	config, err := cluster.Config(o.Kubeconfig, o.Context)
	if err != nil {
		return nil, err
	}
	opened, err := kube.New(config)
	if err != nil {
		return nil, fmt.Errorf("open cluster for logs: %w", err)
	}
	return opened, nil
}
