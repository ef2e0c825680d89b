package demo

import (
	"context"
	"path/filepath"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/provisioner"
	"github.com/shakedown-dev/shakedown/provisioner/image"
	driver "github.com/shakedown-dev/shakedown/provisioner/sandbox"
)

// sandbox makes the sandbox, gives it the shop's images and a Prometheus, and returns
// where both are. What is there already is used.
func sandbox(ctx context.Context, d *kit.Deps, nodes int) (kubeconfig, prometheus string, err error) {
	clusters, err := d.Clusters()
	if err != nil {
		return "", "", err
	}
	steps := d.Steps()
	document := provisioner.NewDocument(cluster)
	document.Spec.Driver, document.Spec.Nodes = provisioner.DriverSandbox, nodes
	if _, err := clusters.Create(ctx, document, provisioner.CreateOptions{}, steps); err != nil {
		return "", "", err
	}
	err = provisioner.Step(steps, "shop image on every node", func() error { return loadShop(ctx, d, clusters, steps) })
	if err != nil {
		return "", "", err
	}
	err = provisioner.Step(steps, "prometheus", func() error {
		prometheus, err = clusters.Sandbox.StartPrometheus(ctx, cluster, driver.PrometheusOptions{})
		return err
	})
	return clusters.Sandbox.KubeconfigPath(cluster), prometheus, err
}

// loadShop puts the shop's images on every node.
func loadShop(ctx context.Context, d *kit.Deps, clusters app.Clusters, steps *kit.Steps) error {
	images, err := shopImages(ctx, clusters, steps)
	if err != nil {
		return err
	}
	archive := filepath.Join(d.Data(), "demo", "shop-image.tar")
	if err := image.Save(archive, images...); err != nil {
		return err
	}
	return clusters.Sandbox.LoadImage(ctx, cluster, archive)
}

// shopImages builds the shop and packs it as two versions of one image.
func shopImages(ctx context.Context, clusters app.Clusters, steps *kit.Steps) ([]*image.Image, error) {
	folders, err := clusters.Builder.Build(ctx, steps, "shop")
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

// foreignImage makes the shop's image available to a cluster that is not ours.
func foreignImage(ctx context.Context, d *kit.Deps, o *options) (ref string, err error) {
	switch {
	case o.image != "":
		return o.image, nil
	case o.registry == "":
		return "", kit.Usagef(usage, "a cluster that is not the sandbox needs --registry or --image")
	}
	clusters, err := d.Clusters()
	if err != nil {
		return "", err
	}
	steps := d.Steps()
	images, err := shopImages(ctx, clusters, steps)
	if err != nil {
		return "", err
	}
	err = provisioner.Step(steps, "push the shop's image to "+o.registry, func() error {
		ref, err = image.Push(ctx, images[0], o.registry+"/shop:v2", image.Registry{})
		return err
	})
	return ref, err
}
