package cli

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/demo"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
	"github.com/shakedown-dev/shakedown/examples"
	"github.com/shakedown-dev/shakedown/experiments/prom"
)

const demoLong = `The whole voyage on real input: a three-node Kubernetes without Docker, a
Prometheus, the server, a signed webhook as CI would post it, the environment that
comes up, and experiments under load that pass, fail, and tell nothing. Sandbox and
server stay up for a look around; "shakedown demo down" removes everything.

On a machine that cannot run the sandbox (not Linux, no root) name a cluster and a
Prometheus that scrapes it; the shop's image is pushed to --registry, or is loaded
by you under the name that --image gives.`

type demoOptions struct {
	kubeconfig, context string
	prometheus          prom.Config
	registry, image     string
	listen              string
	nodes               int
}

func newDemoCmd(f *factory) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use: "demo", Short: "The whole voyage: CI event, environment, chaos, verdicts, reports", Long: demoLong,
		Example: `  shakedown demo
  shakedown demo --kubeconfig ~/.kube/config --prometheus http://127.0.0.1:9090 --registry registry.example/demo
  shakedown demo down`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.demo(cmd.Context(), &o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig `file` of a cluster to use instead of the sandbox")
	flags.StringVar(&o.context, "context", "", "`context` of the kubeconfig")
	flags.StringVar(&o.registry, "registry", "", "`registry` to push the shop's image to, such as registry.example/demo")
	flags.StringVar(&o.image, "image", "", "`image` of the shop that the cluster can pull already")
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8765", "`address` of the server; port 0 takes a free one")
	flags.IntVar(&o.nodes, "nodes", 3, "workers of the sandbox")
	app.PrometheusFlags(flags, &o.prometheus)
	cmd.AddCommand(newDemoDownCmd(f))
	return cmd
}

// demo prepares what the voyage needs, makes it and shows what came of it.
func (f *factory) demo(ctx context.Context, o *demoOptions) error {
	if err := f.claimDataDir(); err != nil {
		return err
	}
	stage, err := f.stage(ctx, o)
	if err != nil {
		return err
	}
	address, err := f.demoServer(ctx, o, stage)
	if err != nil {
		return err
	}
	access, err := natsbus.ReadAccess(f.data())
	if err != nil {
		return err
	}
	bus, err := natsbus.Connect(ctx, natsbus.Config{Access: access, Name: "shakedown-demo"})
	if err != nil {
		return err
	}
	defer bus.Close() //nolint:errcheck // the result is shown already
	voyage, p, err := f.voyage(stage, address, bus)
	if err != nil {
		return err
	}
	found, err := voyage.Run(ctx)
	p.Done(err)
	if len(found.Outcomes) > 0 {
		if shown := f.show(demoResult(found, stage.kubeconfig, f.data())); shown != nil {
			return shown
		}
	}
	return err
}

func (f *factory) voyage(s stage, address app.Address, bus *natsbus.Bus) (*demo.Voyage, *progress, error) {
	secrets, err := app.HookSecrets(f.data(), f.NewID)
	if err != nil {
		return nil, nil, err
	}
	documents, err := f.specs().Read(filepath.Join(s.specs, "experiments"))
	if err != nil {
		return nil, nil, err
	}
	p := f.progress()
	v := &demo.Voyage{
		Server: address.HTTP, Secret: secrets[0], Bus: bus, Stamp: f.stamp(), Images: s.images,
		Reports: filepath.Join(f.data(), "demo", "reports"), Now: f.Now, Step: p.Step, Say: p.Say,
	}
	for _, d := range spec.Of[*app.ExperimentFile](documents) {
		v.Experiments = append(v.Experiments, d.Document)
	}
	return v, p, nil
}

// demoServer starts the server as a process of its own.
func (f *factory) demoServer(ctx context.Context, o *demoOptions, s stage) (app.Address, error) {
	if stopped, err := demo.StopServer(ctx, f.data()); err != nil {
		return app.Address{}, err
	} else if stopped {
		fmt.Fprintln(f.Err, "the server of an earlier demo was stopped")
	}
	executable, err := os.Executable()
	if err != nil {
		return app.Address{}, fmt.Errorf("find our own program: %w", err)
	}
	args := []string{"--kubeconfig", s.kubeconfig, "--specs", s.specs, "--listen", o.listen}
	if o.context != "" {
		args = append(args, "--context", o.context)
	}
	scraped := o.prometheus
	scraped.URL = s.prometheus
	args = append(args, app.PrometheusArgs(scraped)...)
	p := f.progress()
	p.Step("shakedown up")
	address, err := demo.StartServer(ctx, executable, f.data(), args)
	p.Done(err)
	return address, err
}

// writeSpecs puts the shop's specs, with the images of this demo, into the data
// directory, where the server and the user find them.
func (f *factory) writeSpecs() (string, error) {
	dir := filepath.Join(f.data(), "demo", "specs")
	err := fs.WalkDir(examples.Shop, "shop", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(dir, strings.TrimPrefix(path, "shop"))
		if entry.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		raw, err := examples.Shop.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, raw, 0o600)
	})
	if err != nil {
		return "", fmt.Errorf("write specs of the demo: %w", err)
	}
	return dir, nil
}

func demoResult(r demo.Result, kubeconfig, data string) result {
	return result{value: r, draw: func(w io.Writer) {
		fmt.Fprintf(w, "\nenvironment %s: ready %s after the webhook's answer\n\n", r.Environment, r.ReadyAfter)
		rows := make([][]string, 0, len(r.Outcomes))
		for _, o := range r.Outcomes {
			rows = append(rows, []string{
				o.Experiment, o.Run.Verdict, expectedText(o), durationText(o.Run.Recovery), durationText(o.Run.Outage), orDash(o.Run.Report),
			})
		}
		table(w, "", "EXPERIMENT VERDICT EXPECTED RECOVERY OUTAGE REPORT", rows)
		for _, o := range r.Outcomes {
			fmt.Fprintf(w, "\n%s: %s\n", o.Experiment, o.Run.Reason)
			if o.Run.Advice != "" {
				fmt.Fprintf(w, "  advice: %s\n", o.Run.Advice)
			}
		}
		fmt.Fprintf(w, `
reports as files: %s
all reports:      %s
look around:      kubectl --kubeconfig %s get pods -A
                  shakedown env list; shakedown report show latest; shakedown events list
remove it all:    shakedown demo down
`, filepath.Join(data, "demo", "reports"), r.Server, kubeconfig)
	}}
}

func expectedText(o demo.Outcome) string {
	if o.Met {
		return "yes"
	}
	return "no, " + o.Verdict
}

func newDemoDownCmd(f *factory) *cobra.Command {
	return &cobra.Command{
		Use: "down", Short: "Remove everything that the demo made", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), 2*time.Minute)
			defer cancel()
			return f.demoDown(ctx)
		},
	}
}

// demoDown stops the server, destroys the sandbox and removes what the demo wrote.
// A cluster that is not ours keeps running; its environment is destroyed.
func (f *factory) demoDown(ctx context.Context) error {
	if err := f.demoEnvironmentsDown(ctx); err != nil {
		return err
	}
	if _, err := demo.StopServer(ctx, f.data()); err != nil {
		return err
	}
	if err := f.sandboxDown(ctx); err != nil {
		return err
	}
	if err := f.clearDataDir(); err != nil {
		return events.Errorf(events.KindInternal, "remove the folder by hand", "remove what the demo wrote: %w", err)
	}
	return f.show(result{value: map[string]string{"demo": "removed"}, draw: func(w io.Writer) { fmt.Fprintln(w, "the demo is gone") }})
}
