package cluster

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/provisioner"
)

type createOptions struct {
	server              kit.Server
	name, file, driver  string
	nodes               int
	kubeconfig, context string
	retain, allowExec   bool
}

func newCreate(d *kit.Deps) *cobra.Command {
	var o createOptions
	cmd := &cobra.Command{
		Use: "create [NAME]", Short: "Create a cluster, or register one that is there",
		Long: `Create a cluster. The driver "sandbox" makes a real multi-node Kubernetes on this
machine without Docker (Linux, root); its programs are built on first use. The
driver "existing" registers a cluster that is there, by its kubeconfig.

The server that runs makes it, or this process when none does. The kubeconfig of an
existing cluster is a file of this machine, so this process registers it, unless
a server is named by --nats.`,
		Example: `  shakedown cluster create demo --driver sandbox --nodes 3
  shakedown cluster create stage --driver existing --kubeconfig ~/.kube/config --context stage`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.name = args[0]
			}
			return create(cmd.Context(), d, &o)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.file, "file", "f", "", "Cluster `file` instead of flags")
	flags.StringVar(&o.driver, "driver", provisioner.DriverSandbox, "sandbox or existing")
	flags.IntVar(&o.nodes, "nodes", 0, "workers of a sandbox (default 3)")
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig `file` of an existing cluster (default $KUBECONFIG)")
	flags.StringVar(&o.context, "context", "", "`context` of the kubeconfig")
	flags.BoolVar(&o.allowExec, "allow-exec", false, "let the kubeconfig of an existing cluster log in by a program, as that of EKS does")
	flags.BoolVar(&o.retain, "retain", false, "leave what a failed create made, for inspection")
	o.server.Flags(flags)
	o.server.OwnFlag(flags)
	return cmd
}

func create(ctx context.Context, d *kit.Deps, o *createOptions) error {
	document, err := o.document(d)
	if err != nil {
		return err
	}
	if o.allowExec {
		if document.Spec.Driver != provisioner.DriverExisting || o.server.Named() {
			return kit.Usagef("shakedown cluster create", "--allow-exec is for the driver existing, on this machine")
		}
		document.Spec.Existing.Exec = true
	}
	make := func(c clusters) error {
		status, err := c.Create(ctx, document, provisioner.CreateOptions{Retain: o.retain}, d.Steps())
		if err != nil {
			return err
		}
		return d.Show(showView(status))
	}
	if document.Spec.Driver == provisioner.DriverExisting && !o.server.Named() {
		return here(d, make)
	}
	return with(ctx, d, &o.server, make)
}

// document is the file, or what the flags say.
func (o *createOptions) document(d *kit.Deps) (provisioner.Document, error) {
	if o.file != "" {
		file, err := kit.ReadOne[*app.ClusterFile](d, o.file, "Cluster")
		if err != nil {
			return provisioner.Document{}, err
		}
		return file.Document, nil
	}
	if o.name == "" {
		return provisioner.Document{}, kit.Usagef("shakedown cluster create", "a cluster needs a NAME or --file")
	}
	document := provisioner.NewDocument(o.name)
	document.Spec.Driver, document.Spec.Nodes = o.driver, o.nodes
	if o.driver == provisioner.DriverExisting {
		if o.kubeconfig == "" {
			o.kubeconfig = d.Env("KUBECONFIG")
		}
		document.Spec.Existing = &provisioner.Existing{Kubeconfig: o.kubeconfig, Context: o.context}
	}
	document = document.WithDefaults()
	if problems := document.Validate(); len(problems) > 0 {
		return document, kit.Invalid("shakedown cluster create --help", "%w", problems)
	}
	return document, nil
}
