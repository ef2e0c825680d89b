package app

import (
	"context"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// provisionerService makes clusters on the machine of its server.
func provisionerService() Service {
	config := provisioner.DefaultConfig()
	return Service{
		Name: "provisioner", Summary: "clusters on the server's machine, asked for by event",
		Kinds: map[string]func() spec.Validator{provisioner.Kind: func() spec.Validator { return &ClusterFile{} }},
		ServerFlags: func(flags *pflag.FlagSet) {
			flags.StringSliceVar(&config.Drivers, "cluster-driver", config.Drivers,
				"`driver` of the clusters that requests may ask for; may be repeated")
			flags.IntVar(&config.MaxClusters, "max-clusters", config.MaxClusters, "`number` of clusters that requests may lead to")
		},
		open: func(_ context.Context, a *App) (runner, error) { return openProvisioner(a, config) },
	}
}

// ClusterFile is a Cluster document whose optional values are filled in before it is
// checked.
type ClusterFile struct{ provisioner.Document }

// Validate reports all that is wrong with the document.
func (c *ClusterFile) Validate() events.Problems { return c.WithDefaults().Validate() }

func openProvisioner(a *App, config provisioner.Config) (runner, error) {
	clusters, err := NewClusters(a.options.clusters())
	if err != nil {
		return nil, err
	}
	var documents []provisioner.Document
	for _, d := range spec.Of[*ClusterFile](a.options.Documents) {
		documents = append(documents, d.Document)
	}
	return provisioner.New(provisioner.Deps{
		Bus: a.bus, Caller: a.bus, Store: a.bus, Stamp: a.stamp("provisioner"), Log: a.options.Log, Registerer: a.registry,
		Owner: a.owner, Clusters: clusters.Clusters, Documents: documents, Config: config, Checkpoint: a.checkpoint("provisioner"),
	})
}

// clusters are the options of the clusters on this machine.
func (o Options) clusters() ClusterOptions {
	return ClusterOptions{DataDir: o.DataDir, CacheDir: o.CacheDir, Environ: o.Environ, Now: o.Now, Log: o.Log}
}
