package app

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/kube"
)

// chaosService injects faults and reverts them.
func chaosService() Service {
	var config chaos.Config
	return Service{
		Name: "chaos", Summary: "faults, their guards, the undo ledger and the emergency stop",
		Needs: []Need{clusterNeed()},
		Flags: func(flags *pflag.FlagSet) {
			flags.StringSliceVar(&config.AllowedNamespaces, "allow-namespace", nil,
				"namespace that is not ours and may be broken; may be repeated")
		},
		open: func(_ context.Context, a *App) (runner, error) { return openChaos(a, config) },
	}
}

func openChaos(a *App, config chaos.Config) (runner, error) {
	cluster, err := kube.New(a.kube, a.options.Now)
	if err != nil {
		return nil, fmt.Errorf("open cluster for chaos: %w", err)
	}
	return chaos.New(chaos.Deps{
		Config: config, Bus: a.bus, Caller: a.bus, Store: a.bus, Stamp: a.stamp("chaos"), Cluster: cluster,
		Owner: a.owner, Log: a.options.Log, Registerer: a.registry, Checkpoint: a.checkpoint("chaos"),
	})
}
