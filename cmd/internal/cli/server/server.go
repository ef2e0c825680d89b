// Package server has the commands that run services.
package server

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

// options are the flags that say what services need.
type options struct {
	app   app.Options
	specs string
}

func (o *options) flags(flags *pflag.FlagSet) {
	o.app.AddFlags(flags, true)
	flags.StringVar(&o.specs, "specs", "", "`folder` of Environment templates, experiments that run by event, DataCopy seeds and policies")
}

// garbage is how much garbage a server may have, in percent of what it uses. It makes
// little of it, so that half of Go's usual value costs no time that can be measured and
// saves ten megabytes of eighty. The variable GOGC has the last word.
const garbage = 50

// run runs services until ctx ends, which is the normal end.
func run(ctx context.Context, d *kit.Deps, o *options) error {
	options := d.AppOptions(o.app)
	options.Demo = o.specs == app.DemoSpecs(options.DataDir)
	if o.specs != "" {
		documents, err := d.Specs().Read(specFolders(o.specs)...)
		if err != nil {
			return err
		}
		options.Documents = documents
	}
	if d.Env("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	options.Settled = func() { freeStart(d.Program) }
	a, err := app.New(ctx, options)
	if err != nil {
		return err
	}
	if len(options.Services) == 0 {
		showServices(d, a.States())
	}
	go announce(ctx, a, options)
	return a.Run(ctx)
}

// announce says that the server takes work, once it does.
func announce(ctx context.Context, a *app.App, o app.Options) {
	select {
	case <-a.Ready():
		o.Log.Info("ready", "http", a.URL(), "hooks", cmp.Or(a.HooksURL(), a.URL()), "data", o.DataDir)
	case <-ctx.Done():
	}
}

// specFolders is the folder and its sub-folder experiments, where there is one.
func specFolders(dir string) []string {
	sub := filepath.Join(dir, "experiments")
	if info, err := os.Stat(sub); err == nil && info.IsDir() {
		return []string{dir, sub}
	}
	return []string{dir}
}
