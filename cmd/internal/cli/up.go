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
)

// upOptions are the flags that say what services need.
type upOptions struct {
	app.Options
	specs string
}

// addServices adds the flags that every way of running services has.
func (o *upOptions) addServices(flags *pflag.FlagSet) { o.AddFlags(flags, false) }

// addServer adds the flags of servers.
func (o *upOptions) addServer(flags *pflag.FlagSet) {
	o.AddFlags(flags, true)
	flags.StringVar(&o.specs, "specs", "", "`folder` of Environment templates, experiments that run by event, DataCopy seeds and policies")
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
	o.addServer(cmd.Flags())
	return cmd
}

func newServeCmd(f *factory) *cobra.Command {
	var o upOptions
	var nats natsFlags
	cmd := &cobra.Command{
		Use: "serve SERVICE...", Short: "Run the named services against a NATS cluster",
		Long: "Run the named services against a NATS cluster. Any number of replicas may run; they\nshare the work.\n\nServices:\n" +
			servicesText(),
		Example: `  shakedown serve chaos experiments --nats nats://nats:4222 --prometheus http://prometheus:9090`,
		Args:    cobra.MinimumNArgs(1), ValidArgs: app.Names(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if nats.url == "" {
				return usageError{fmt.Errorf("serve needs --nats; a server with NATS built in is: shakedown up"), cmd.CommandPath()}
			}
			return f.up(cmd.Context(), &o, args, nats)
		},
	}
	nats.add(cmd.Flags())
	o.addServer(cmd.Flags())
	return cmd
}

// servicesText lists the services, one a line.
func servicesText() string {
	var lines []string
	for _, s := range app.Services() {
		lines = append(lines, fmt.Sprintf("  %-12s %s", s.Name, s.Summary))
	}
	return strings.Join(lines, "\n")
}

// up runs an app until ctx ends. Being told to stop is the normal end.
func (f *factory) up(ctx context.Context, o *upOptions, services []string, nats natsFlags) error {
	options, err := o.options(f)
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

// options are what the flags say, with what the world gives.
func (o *upOptions) options(f *factory) (app.Options, error) {
	options := f.appOptions(o.Options)
	if o.specs == "" {
		return options, nil
	}
	documents, err := f.specs().Read(specFolders(o.specs)...)
	options.Documents = documents
	return options, err
}

// appOptions adds what the world gives.
func (f *factory) appOptions(o app.Options) app.Options {
	o.Version, o.DataDir, o.CacheDir = buildVersion().Version, f.data(), f.cache()
	o.Env, o.Environ, o.Log, o.Now, o.NewID = f.Env, f.Environ, f.logger(), f.Now, f.NewID
	return o
}

// specFolders is the folder and its sub-folder experiments, where there is one.
func specFolders(dir string) []string {
	sub := filepath.Join(dir, "experiments")
	if info, err := os.Stat(sub); err == nil && info.IsDir() {
		return []string{dir, sub}
	}
	return []string{dir}
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
