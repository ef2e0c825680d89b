package demo

import (
	"context"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

// The names that the demo uses.
const (
	cluster = "demo"
	shopV1  = "shakedown.dev/shop:v1"
	shopV2  = "shakedown.dev/shop:v2"
)

// stage is what the demo needs before the server starts.
type stage struct {
	kubeconfig, prometheus, specs, environment string
	// images is what CI built, by component.
	images map[string]string
}

// usage is the command whose help explains the flags.
const usage = "shakedown demo"

// prepare makes cluster, Prometheus, images and specs.
func prepare(ctx context.Context, d *kit.Deps, o *options) (stage, error) {
	if (o.kubeconfig == "") != (o.prometheus.URL == "") {
		return stage{}, kit.Usagef(usage, "--kubeconfig and --prometheus go together")
	}
	specs, err := writeSpecs(d.Data())
	if err != nil {
		return stage{}, err
	}
	name, err := ownName(d.Data(), d.NewID)
	if err != nil {
		return stage{}, err
	}
	s := stage{kubeconfig: o.kubeconfig, prometheus: o.prometheus.URL, specs: specs, environment: name}
	ref := shopV2
	if o.kubeconfig == "" {
		s.kubeconfig, s.prometheus, err = sandbox(ctx, d, o.nodes)
	} else if err = writeForeign(d.Data(), foreign{o.kubeconfig, o.context}); err == nil {
		ref, err = foreignImage(ctx, d, o)
	}
	s.images = map[string]string{"web": ref, "api": ref, "cart": ref, "load": ref}
	return s, err
}
