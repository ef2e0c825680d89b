package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

func newClusterCmd(f *factory) *cobra.Command {
	return group("cluster", "Kubernetes clusters: made on this machine, or registered",
		newClusterCreateCmd(f), newClusterListCmd(f), newClusterShowCmd(f), newKubeconfigCmd(f), newClusterDestroyCmd(f))
}

type clusterCreateOptions struct {
	file, driver        string
	nodes               int
	kubeconfig, context string
	retain              bool
}

func newClusterCreateCmd(f *factory) *cobra.Command {
	var o clusterCreateOptions
	cmd := &cobra.Command{
		Use: "create [NAME]", Short: "Create a cluster, or register one that is there",
		Long: `Create a cluster. The driver "sandbox" makes a real multi-node Kubernetes on this
machine without Docker (Linux, root); its programs are built on first use. The
driver "existing" registers a cluster that is there, by its kubeconfig.`,
		Example: `  shakedown cluster create demo --driver sandbox --nodes 3
  shakedown cluster create stage --driver existing --kubeconfig ~/.kube/config --context stage`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			document, err := o.document(f, args)
			if err != nil {
				return err
			}
			return f.clusterCreate(cmd.Context(), document, o.retain)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.file, "file", "f", "", "Cluster `file` instead of flags")
	flags.StringVar(&o.driver, "driver", provisioner.DriverSandbox, "sandbox or existing")
	flags.IntVar(&o.nodes, "nodes", 0, "workers of a sandbox (default 3)")
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig `file` of an existing cluster (default $KUBECONFIG)")
	flags.StringVar(&o.context, "context", "", "`context` of the kubeconfig")
	flags.BoolVar(&o.retain, "retain", false, "leave what a failed create made, for a look")
	return cmd
}

func (o *clusterCreateOptions) document(f *factory, args []string) (provisioner.Document, error) {
	if o.file != "" {
		return f.clusterDocument(o.file)
	}
	if len(args) == 0 {
		return provisioner.Document{}, usageError{fmt.Errorf("a cluster needs a NAME or --file"), "shakedown cluster create"}
	}
	d := provisioner.NewDocument(args[0])
	d.Spec.Driver, d.Spec.Nodes = o.driver, o.nodes
	if o.driver == provisioner.DriverExisting {
		if o.kubeconfig == "" {
			o.kubeconfig = f.Env("KUBECONFIG")
		}
		d.Spec.Existing = &provisioner.Existing{Kubeconfig: o.kubeconfig, Context: o.context}
	}
	d = d.WithDefaults()
	if problems := d.Validate(); len(problems) > 0 {
		return d, invalid("shakedown cluster create --help", "%w", problems)
	}
	return d, nil
}

func (f *factory) clusterDocument(file string) (provisioner.Document, error) {
	documents, err := f.specs().Read(file)
	if err != nil {
		return provisioner.Document{}, err
	}
	found := spec.Of[*app.ClusterFile](documents)
	if len(found) != 1 {
		return provisioner.Document{}, invalid("name a file with one document of kind Cluster",
			"%s has %d documents of kind Cluster, want one", file, len(found))
	}
	return found[0].Document, nil
}

func (f *factory) clusterCreate(ctx context.Context, d provisioner.Document, retain bool) error {
	c, err := f.clusters()
	if err != nil {
		return err
	}
	status, err := c.Create(ctx, d, provisioner.CreateOptions{Retain: retain}, f.steps())
	if err != nil {
		return err
	}
	return f.show(clusterResult(status))
}

func newClusterListCmd(f *factory) *cobra.Command {
	return &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List clusters", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.clusters()
			if err != nil {
				return err
			}
			list, err := c.List(cmd.Context())
			if err != nil {
				return err
			}
			return f.show(result{value: list, draw: func(w io.Writer) {
				rows := make([][]string, 0, len(list))
				for _, s := range list {
					rows = append(rows, []string{s.Name, s.Driver, string(s.State), nodesText(s), orDash(s.Version), orDash(s.Server)})
				}
				table(w, "no clusters", "NAME DRIVER STATE NODES VERSION SERVER", rows)
			}})
		},
	}
}

func nodesText(s provisioner.Status) string {
	ready := 0
	for _, n := range s.Nodes {
		if n.Ready {
			ready++
		}
	}
	return fmt.Sprintf("%d/%d", ready, len(s.Nodes))
}

func newClusterShowCmd(f *factory) *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show a cluster and its nodes", Args: cobra.ExactArgs(1), ValidArgsFunction: f.completeClusters,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.clusters()
			if err != nil {
				return err
			}
			status, err := c.Show(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return f.show(clusterResult(status))
		},
	}
}

func clusterResult(s provisioner.Status) result {
	return result{value: s, draw: func(w io.Writer) {
		fmt.Fprintf(w, "%s is %s (driver %s, %s, %s)\n", s.Name, s.State, s.Driver, orDash(s.Version), orDash(s.Server))
		if s.Reason != "" {
			fmt.Fprintf(w, "reason: %s\n", s.Reason)
		}
		rows := make([][]string, 0, len(s.Nodes))
		for _, n := range s.Nodes {
			rows = append(rows, []string{n.Name, nodeState(n), orDash(n.Address), orDash(n.Zone), orDash(n.ProviderID)})
		}
		table(w, "no nodes", "NODE STATE ADDRESS ZONE PROVIDER-ID", rows)
	}}
}

func nodeState(n provisioner.Node) string {
	switch {
	case n.Ready:
		return "ready"
	case !n.Powered:
		return "off"
	default:
		return "not-ready"
	}
}

func newKubeconfigCmd(f *factory) *cobra.Command {
	var content bool
	var out string
	cmd := &cobra.Command{
		Use: "kubeconfig NAME", Short: "Print the path of a cluster's kubeconfig, or write its content elsewhere",
		Example: `  export KUBECONFIG=$(shakedown cluster kubeconfig demo)
  shakedown cluster kubeconfig demo --content > demo.kubeconfig`,
		Args: cobra.ExactArgs(1), ValidArgsFunction: f.completeClusters,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.clusters()
			if err != nil {
				return err
			}
			path, err := c.WriteKubeconfig(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if !content && out == "" {
				return f.show(result{value: map[string]string{"kubeconfig": path}, draw: func(w io.Writer) { fmt.Fprintln(w, path) }})
			}
			return f.copyKubeconfig(path, out)
		},
	}
	cmd.Flags().BoolVar(&content, "content", false, "print the content instead of the path")
	cmd.Flags().StringVar(&out, "out", "", "`file` to write the content to, mode 0600")
	return cmd
}

func (f *factory) copyKubeconfig(path, out string) error {
	raw, err := os.ReadFile(path) //nolint:gosec // our own file
	if err != nil {
		return fmt.Errorf("read kubeconfig: %w", err)
	}
	if out == "" {
		_, err := f.Out.Write(raw)
		return err
	}
	if err := os.WriteFile(out, raw, 0o600); err != nil {
		return events.Errorf(events.KindInternal, "choose a file that can be written with --out", "write kubeconfig: %w", err)
	}
	return nil
}

func newClusterDestroyCmd(f *factory) *cobra.Command {
	return &cobra.Command{
		Use: "destroy NAME", Aliases: []string{"delete", "rm"}, Short: "Destroy a sandbox, or forget a registered cluster",
		Args: cobra.ExactArgs(1), ValidArgsFunction: f.completeClusters,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.clusterDestroy(cmd.Context(), args[0]); err != nil {
				return err
			}
			return f.show(result{
				value: map[string]string{"cluster": args[0], "done": "destroyed"},
				draw:  func(w io.Writer) { fmt.Fprintf(w, "%s is gone\n", args[0]) },
			})
		},
	}
}

func (f *factory) clusterDestroy(ctx context.Context, name string) error {
	c, err := f.clusters()
	if err != nil {
		return err
	}
	return c.Remove(ctx, name, f.steps())
}

func (f *factory) completeClusters(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	c, err := f.clusters()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	list, _ := c.List(cmd.Context()) // completion has nowhere to tell
	var names []string
	for _, s := range list {
		if strings.HasPrefix(s.Name, prefix) {
			names = append(names, s.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
