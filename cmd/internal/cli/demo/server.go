package demo

import (
	"context"
	"fmt"
	"slices"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/cmd/internal/demo"
)

// startServer starts the server as a process of its own, in place of that of an
// earlier demo.
func startServer(ctx context.Context, d *kit.Deps, o *options, s stage) (app.Address, error) {
	if stopped, err := demo.StopServer(ctx, d.Data()); err != nil {
		return app.Address{}, err
	} else if stopped {
		fmt.Fprintln(d.Err, "the server of an earlier demo was stopped")
	}
	if d.Program == "" {
		return app.Address{}, fmt.Errorf("start the server: the path of this program is not known")
	}
	args := []string{"--kubeconfig", s.kubeconfig, "--specs", s.specs, "--listen", o.listen}
	if o.context != "" {
		args = append(args, "--context", o.context)
	}
	scraped := o.prometheus
	scraped.URL = s.prometheus
	p := d.Progress()
	p.Step("shakedown up")
	address, err := demo.StartServer(ctx, d.Program, d.Data(), append(args, app.PrometheusArgs(scraped)...), slices.Concat(d.Settings, app.PrometheusEnv(scraped)))
	p.Done(err)
	return address, err
}
