package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/prom"
)

// upOptions are the flags that say what services need.
type upOptions struct {
	kubeconfig, context, cluster string
	prometheus                   prometheusFlags
	specs                        string
	listen, publicURL            string
	hookSecretFile               string
	allowNamespaces              []string
}

// addServices adds the flags that every way of running services has.
func (o *upOptions) addServices(flags *pflag.FlagSet) {
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig `file` (default $KUBECONFIG or $HOME/.kube/config)")
	flags.StringVar(&o.context, "context", "", "`context` of the kubeconfig")
	flags.StringVar(&o.cluster, "cluster", "", "`name` of a cluster of `shakedown cluster`, instead of a kubeconfig")
	flags.StringSliceVar(&o.allowNamespaces, "allow-namespace", nil, "namespace that is not ours and may be broken; may be repeated")
	o.prometheus.add(flags)
}

// addListener adds the flags of servers.
func (o *upOptions) addListener(flags *pflag.FlagSet) {
	flags.StringVar(&o.specs, "specs", "", "`folder` of Environment templates, experiments that run by event, DataCopy seeds and policies")
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8765", "`address` for webhooks, reports and metrics; port 0 takes a free one")
	flags.StringVar(&o.publicURL, "public-url", "", "`url` under which people reach the listener")
	flags.StringVar(&o.hookSecretFile, "hook-secret-file", "",
		"`file` with the webhook's secrets, one a line (default: hook.secret in the data directory, made on first use)")
}

type prometheusFlags struct {
	config  prom.Config
	headers map[string]string
}

func (p *prometheusFlags) add(flags *pflag.FlagSet) {
	c := &p.config
	flags.StringVar(&c.URL, "prometheus", "", "`url` of the Prometheus that hypotheses are asked of")
	flags.StringVar(&c.CAFile, "prometheus-ca", "", "`file` with the CA of Prometheus")
	flags.StringVar(&c.CertFile, "prometheus-cert", "", "client certificate `file` for Prometheus")
	flags.StringVar(&c.KeyFile, "prometheus-key", "", "client key `file` for Prometheus")
	flags.StringVar(&c.BearerTokenFile, "prometheus-token-file", "", "`file` with a bearer token for Prometheus")
	flags.StringVar(&c.BasicUser, "prometheus-user", "", "`user` for basic authentication at Prometheus")
	flags.StringVar(&c.BasicPasswordFile, "prometheus-password-file", "", "`file` with the password for basic authentication")
	flags.StringToStringVar(&p.headers, "prometheus-header", nil, "header for Prometheus, as `name=value`; may be repeated")
}

func (p *prometheusFlags) full() prom.Config {
	c := p.config
	c.Headers = p.headers
	return c
}

func newUpCmd(f *factory) *cobra.Command {
	var o upOptions
	cmd := &cobra.Command{
		Use: "up", Short: "Run the server: every service in one process, with an embedded NATS",
		Long: `Run the server: every service in one process, with an embedded NATS server whose
state is in the data directory. It listens on loopback unless told otherwise and
runs until it is interrupted. After a crash it mends what was broken and ends
what was begun.`,
		Example: `  shakedown up --kubeconfig ~/.kube/config --prometheus http://127.0.0.1:9090 --specs examples/shop`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.up(cmd.Context(), &o, nil, natsFlags{}) },
	}
	o.addServices(cmd.Flags())
	o.addListener(cmd.Flags())
	return cmd
}

func newServeCmd(f *factory) *cobra.Command {
	var o upOptions
	var nats natsFlags
	cmd := &cobra.Command{
		Use: "serve SERVICE...", Short: "Run the named services against a NATS cluster",
		Long: "Run the named services against a NATS cluster. Any number of replicas may run; they\nshare the work. Services: " +
			strings.Join(app.Services(), ", ") + ".",
		Example: `  shakedown serve chaos experiments --nats nats://nats:4222 --prometheus http://prometheus:9090`,
		Args:    cobra.MinimumNArgs(1), ValidArgs: app.Services(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if nats.url == "" {
				return usageError{fmt.Errorf("serve needs --nats; a server with NATS built in is: shakedown up"), cmd.CommandPath()}
			}
			return f.up(cmd.Context(), &o, args, nats)
		},
	}
	nats.add(cmd.Flags())
	o.addServices(cmd.Flags())
	o.addListener(cmd.Flags())
	return cmd
}

// up runs an app until ctx ends. Being told to stop is the normal end.
func (f *factory) up(ctx context.Context, o *upOptions, services []string, nats natsFlags) error {
	options, err := o.options(ctx, f)
	if err != nil {
		return err
	}
	options.Services, options.NATS = services, nats.access()
	a, err := app.New(ctx, options)
	if err != nil {
		return err
	}
	go func() {
		select {
		case <-a.Ready():
			freeStart(f.Program)
			options.Log.Info("ready", "http", a.URL(), "data", options.DataDir)
		case <-ctx.Done():
		}
	}()
	return a.Run(ctx)
}

// options reads what the flags name and joins it for the app.
func (o *upOptions) options(ctx context.Context, f *factory) (app.Options, error) {
	options, err := o.clusterOptions(ctx, f)
	if err != nil {
		return options, err
	}
	if err := o.readSpecs(f, &options); err != nil {
		return options, err
	}
	if o.listen == "" {
		return options, nil
	}
	secrets, err := o.hookSecrets(f)
	options.HookSecrets = secrets
	return options, err
}

// clusterOptions are the options without what is read from other files.
func (o *upOptions) clusterOptions(ctx context.Context, f *factory) (app.Options, error) {
	options := app.Options{
		Version: buildVersion().Version, DataDir: f.data(), Kubeconfig: o.kubeconfig, Context: o.context,
		Prometheus: o.prometheus.full(), Listen: o.listen, PublicURL: o.publicURL, AllowNamespaces: o.allowNamespaces,
		Env: f.Env, Log: f.logger(), Now: f.Now, NewID: f.NewID,
	}
	if o.cluster != "" {
		path, err := f.clusterKubeconfig(ctx, o.cluster)
		if err != nil {
			return options, err
		}
		options.Kubeconfig, options.Context = path, ""
	}
	if options.Kubeconfig == "" {
		options.Kubeconfig = f.Env("KUBECONFIG")
	}
	return options, nil
}

func (o *upOptions) readSpecs(f *factory, options *app.Options) error {
	if o.specs == "" {
		return nil
	}
	documents, err := f.specs().Read(specFolders(o.specs)...)
	if err != nil {
		return err
	}
	options.Templates = map[string]envs.Document{}
	for _, d := range ofKind[*envs.Document](documents) {
		options.Templates[d.Metadata.Name] = *d
	}
	for _, d := range ofKind[*experimentFile](documents) {
		options.Experiments = append(options.Experiments, d.Document)
	}
	for _, d := range ofKind[*datamove.Document](documents) {
		options.DataCopies = append(options.DataCopies, *d)
	}
	for _, d := range ofKind[*datamove.PolicyDocument](documents) {
		options.DataPolicy = options.DataPolicy.Join(d.Spec.Data)
	}
	return nil
}

// specFolders is the folder and its sub-folder experiments, where there is one.
func specFolders(dir string) []string {
	sub := filepath.Join(dir, "experiments")
	if info, err := os.Stat(sub); err == nil && info.IsDir() {
		return []string{dir, sub}
	}
	return []string{dir}
}

// hookSecrets reads the webhook's secrets, or makes one on first use.
func (o *upOptions) hookSecrets(f *factory) ([]string, error) {
	path := o.hookSecretFile
	if path == "" {
		return f.ownHookSecret()
	}
	raw, err := os.ReadFile(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, events.Errorf(events.KindNotFound, "check --hook-secret-file", "read webhook secrets: %w", err)
	}
	secrets := strings.Fields(string(raw))
	if len(secrets) == 0 {
		return nil, invalid("write one secret a line", "read webhook secrets: %s is empty", path)
	}
	return secrets, nil
}

func (f *factory) ownHookSecret() ([]string, error) {
	path := filepath.Join(f.data(), "hook.secret")
	if raw, err := os.ReadFile(path); err == nil && len(strings.Fields(string(raw))) > 0 { //nolint:gosec // our own file
		return strings.Fields(string(raw)), nil
	}
	secret := f.NewID() + f.NewID()
	if err := os.MkdirAll(f.data(), 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("write webhook secret: %w", err)
	}
	return []string{secret}, nil
}

// logger writes to stderr: text for people, JSON with -o json.
func (f *factory) logger() *slog.Logger {
	options := &slog.HandlerOptions{Level: slog.LevelInfo}
	if f.verbose {
		options.Level = slog.LevelDebug
	}
	if f.output == "json" {
		return slog.New(slog.NewJSONHandler(f.Err, options))
	}
	return slog.New(slog.NewTextHandler(f.Err, options))
}
