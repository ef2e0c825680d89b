// Package demo has the command that makes the whole voyage on this machine, and the
// one that removes what it made.
package demo

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/config"
	"github.com/shakedown-dev/shakedown/cmd/internal/demo"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/experiments/prom"
)

const long = `The whole voyage on real input: a three-node Kubernetes without Docker, a
Prometheus, the server, a signed webhook as CI would post it, the environment that
comes up, and experiments under load that pass, fail, and prove nothing. Sandbox and
server stay up to be explored; "shakedown demo down" removes everything.

On a machine that cannot run the sandbox (not Linux, no root) name a cluster and a
Prometheus that scrapes it; the shop's image is pushed to --registry, or is loaded
by you under the name that --image gives.`

type options struct {
	kubeconfig, context string
	prometheus          prom.Config
	registry, image     string
	listen              string
	nodes               int
}

// New is the command demo with the one below it.
func New(d *kit.Deps) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "demo", Short: "The whole voyage: CI event, environment, chaos, verdicts, reports", Long: long,
		Example: `  shakedown demo
  shakedown demo --kubeconfig ~/.kube/config --prometheus http://127.0.0.1:9090 --registry registry.example/demo
  shakedown demo down`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return kit.Interruption(cmd.Context(), run(cmd.Context(), d, &o), "go on with: shakedown demo; remove it with: shakedown demo down")
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig `file` of a cluster to use instead of the sandbox")
	flags.StringVar(&o.context, "context", "", "`context` of the kubeconfig")
	flags.StringVar(&o.registry, "registry", "", "`registry` to push the shop's image to, such as registry.example/demo")
	flags.StringVar(&o.image, "image", "", "`image` of the shop that the cluster can pull already")
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8765", "`address` of the server; port 0 takes a free one")
	flags.IntVar(&o.nodes, "nodes", 3, "workers of the sandbox")
	app.PrometheusFlags(flags, &o.prometheus)
	config.Need(flags, "kubeconfig", "context", "registry", "image")
	cmd.AddCommand(newDown(d))
	return cmd
}

// run prepares what the voyage needs, makes it and shows what came of it.
func run(ctx context.Context, d *kit.Deps, o *options) error {
	if err := claim(d.Data()); err != nil {
		return err
	}
	s, err := prepare(ctx, d, o)
	if err != nil {
		return err
	}
	address, err := startServer(ctx, d, o, s)
	if err != nil {
		return err
	}
	access, err := natsbus.ReadAccess(d.Data())
	if err != nil {
		return err
	}
	bus, err := natsbus.Connect(ctx, natsbus.Config{Access: access, Name: "shakedown-demo"})
	if err != nil {
		return err
	}
	defer bus.Close() //nolint:errcheck // the result is shown already
	return sail(ctx, d, s, address, bus)
}

// sail makes the voyage and shows it, also when it did not come out as expected.
func sail(ctx context.Context, d *kit.Deps, s stage, address app.Address, bus *natsbus.Bus) error {
	p := d.Progress()
	v, err := newVoyage(d, s, address, bus, p)
	if err != nil {
		return err
	}
	found, err := v.Run(ctx)
	p.Done(err)
	if len(found.Outcomes) > 0 {
		if shown := d.Show(view(found, s.kubeconfig, d.Data())); shown != nil {
			return shown
		}
	}
	return err
}

func newVoyage(d *kit.Deps, s stage, address app.Address, bus *natsbus.Bus, p *kit.Progress) (*demo.Voyage, error) {
	keys, err := app.ReadHookKeys(d.Data(), d.NewID)
	if err != nil {
		return nil, err
	}
	documents, err := d.Specs().Read(filepath.Join(s.specs, "experiments"))
	if err != nil {
		return nil, err
	}
	v := &demo.Voyage{
		Server: address.HTTP, Secret: keys.Of("shop"), Bus: bus, Stamp: d.Stamp(), Environment: s.environment, Images: s.images,
		Reports: filepath.Join(d.Data(), "demo", "reports"), Now: d.Now, Step: p.Step, Say: p.Say,
	}
	for _, e := range spec.Of[*app.ExperimentFile](documents) {
		v.Experiments = append(v.Experiments, e.Document)
	}
	return v, nil
}
