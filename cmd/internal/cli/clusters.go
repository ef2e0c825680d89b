package cli

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
	"github.com/shakedown-dev/shakedown/provisioner/existing"
	"github.com/shakedown-dev/shakedown/provisioner/sandbox"
	"github.com/shakedown-dev/shakedown/provisioner/sandbox/build"
	modules "github.com/shakedown-dev/shakedown/sandbox"
)

// clusters are the drivers of this machine, joined. Commands on clusters work in
// this process: a sandbox needs no server.
type clusters struct {
	service *provisioner.Clusters
	sandbox *sandbox.Driver
	builder *build.Builder
}

func (f *factory) clusters() (clusters, error) {
	log := f.quietLogger()
	sources, err := modules.Modules()
	if err != nil {
		return clusters{}, err
	}
	builder, err := build.New(build.Config{CacheDir: f.cache(), Modules: sources, Env: f.Environ, Now: f.Now})
	if err != nil {
		return clusters{}, err
	}
	local, err := sandbox.New(sandbox.Config{DataDir: f.data(), Builder: builder, Now: f.Now, Log: log})
	if err != nil {
		return clusters{}, err
	}
	registered, err := existing.New(existing.Config{DataDir: f.data(), Now: f.Now})
	if err != nil {
		return clusters{}, err
	}
	service := provisioner.NewClusters([]provisioner.Driver{local, registered}, log)
	return clusters{service: service, sandbox: local, builder: builder}, nil
}

// quietLogger tells of what drivers do only with -v, since steps tell it as well.
func (f *factory) quietLogger() *slog.Logger {
	if f.verbose {
		return f.logger()
	}
	return slog.New(slog.DiscardHandler)
}

// clusterKubeconfig writes the kubeconfig of a cluster where a server can read
// it, and returns the path.
func (f *factory) clusterKubeconfig(ctx context.Context, name string) (string, error) {
	c, err := f.clusters()
	if err != nil {
		return "", err
	}
	raw, err := c.service.Kubeconfig(ctx, name)
	if err != nil {
		return "", err
	}
	path := f.keptKubeconfig(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", events.Errorf(events.KindInternal, "choose another folder with --data-dir", "write kubeconfig: %w", err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		return "", events.Errorf(events.KindInternal, "choose another folder with --data-dir", "write kubeconfig: %w", err)
	}
	return path, nil
}

func (f *factory) keptKubeconfig(name string) string {
	return filepath.Join(f.data(), "kubeconfigs", name)
}
