package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
	"github.com/shakedown-dev/shakedown/provisioner/image"
	"github.com/shakedown-dev/shakedown/provisioner/sandbox"
)

// The names that the demo uses.
const (
	demoCluster = "demo"
	shopV1      = "shakedown.dev/shop:v1"
	shopV2      = "shakedown.dev/shop:v2"
)

// stage is what the demo needs before the server starts.
type stage struct {
	kubeconfig, prometheus, specs string
	// images is what CI built, by component.
	images map[string]string
}

// stage prepares cluster, Prometheus, images and specs.
func (f *factory) stage(ctx context.Context, o *demoOptions) (stage, error) {
	if (o.kubeconfig == "") != (o.prometheus.URL == "") {
		return stage{}, usageError{errors.New("--kubeconfig and --prometheus go together"), "shakedown demo"}
	}
	specs, err := f.writeSpecs()
	if err != nil {
		return stage{}, err
	}
	s := stage{kubeconfig: o.kubeconfig, prometheus: o.prometheus.URL, specs: specs}
	ref := shopV2
	if o.kubeconfig == "" {
		err = f.sandboxStage(ctx, o, &s)
	} else {
		ref, err = f.foreignImage(ctx, o)
	}
	s.images = map[string]string{"web": ref, "api": ref, "cart": ref, "load": ref}
	return s, err
}

// sandboxStage makes the sandbox, gives it the shop's images and a Prometheus.
// What is there already is used.
func (f *factory) sandboxStage(ctx context.Context, o *demoOptions, s *stage) error {
	c, err := f.clusters()
	if err != nil {
		return err
	}
	told := f.steps()
	document := provisioner.NewDocument(demoCluster)
	document.Spec.Driver, document.Spec.Nodes = provisioner.DriverSandbox, o.nodes
	if _, err := c.Create(ctx, document, provisioner.CreateOptions{}, told); err != nil {
		return err
	}
	s.kubeconfig = c.Sandbox.KubeconfigPath(demoCluster)
	err = provisioner.Step(told, "shop image on every node", func() error {
		archive, err := f.shopArchive(ctx, c, told)
		if err != nil {
			return err
		}
		return c.Sandbox.LoadImage(ctx, demoCluster, archive)
	})
	if err != nil {
		return err
	}
	return provisioner.Step(told, "prometheus", func() error {
		s.prometheus, err = c.Sandbox.StartPrometheus(ctx, demoCluster, sandbox.PrometheusOptions{})
		return err
	})
}

// shopImages builds the shop and packs it as two versions of one image.
func (f *factory) shopImages(ctx context.Context, c app.Clusters, told provisioner.Progress) ([]*image.Image, error) {
	folders, err := c.Builder.Build(ctx, told, "shop")
	if err != nil {
		return nil, err
	}
	binary := filepath.Join(folders["shop"], "shop")
	var images []*image.Image
	for ref, version := range map[string]string{shopV1: "v1", shopV2: "v2"} {
		packed, err := image.Package(image.Spec{
			Ref: ref, Binary: binary, Name: "shop", Env: map[string]string{"SHOP_VERSION": version},
		})
		if err != nil {
			return nil, err
		}
		images = append(images, packed)
	}
	return images, nil
}

func (f *factory) shopArchive(ctx context.Context, c app.Clusters, told provisioner.Progress) (string, error) {
	images, err := f.shopImages(ctx, c, told)
	if err != nil {
		return "", err
	}
	path := filepath.Join(f.data(), "demo", "shop-image.tar")
	return path, image.Save(path, images...)
}

// foreignImage makes the shop's image available to a cluster that is not ours.
func (f *factory) foreignImage(ctx context.Context, o *demoOptions) (string, error) {
	switch {
	case o.image != "":
		return o.image, nil
	case o.registry == "":
		return "", usageError{errors.New("a cluster that is not the sandbox needs --registry or --image"), "shakedown demo"}
	}
	c, err := f.clusters()
	if err != nil {
		return "", err
	}
	told := f.steps()
	images, err := f.shopImages(ctx, c, told)
	if err != nil {
		return "", err
	}
	var ref string
	err = provisioner.Step(told, "push the shop's image to "+o.registry, func() error {
		ref, err = image.Push(ctx, images[0], o.registry+"/shop:v2", image.Registry{})
		return err
	})
	return ref, err
}

// demoEnvironmentsDown removes the environments of the demo from a cluster that
// stays: those of the sandbox go with it.
func (f *factory) demoEnvironmentsDown(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(f.data(), "clusters", demoCluster)); err == nil {
		return nil
	}
	var server serverFlags
	err := f.withSession(ctx, &server, func(s *session) error {
		answer, err := askServer(ctx, s, events.EnvironmentListCall, events.Nothing{})
		if err != nil {
			return err
		}
		for _, e := range answer.Environments {
			if e.Project != "shop" || e.Template != "shop" {
				continue
			}
			if err := f.envDestroy(ctx, s, e.Name, true); err != nil {
				return err
			}
		}
		return nil
	})
	if e, ok := errors.AsType[*events.Error](err); ok && e.Kind == events.KindUnavailable {
		return nil
	}
	return err
}

// sandboxDown destroys the demo's sandbox, if there is one.
func (f *factory) sandboxDown(ctx context.Context) error {
	err := f.clusterDestroy(ctx, demoCluster)
	if e, ok := errors.AsType[*events.Error](err); ok && e.Kind == events.KindNotFound {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove the demo's cluster: %w", err)
	}
	return nil
}
