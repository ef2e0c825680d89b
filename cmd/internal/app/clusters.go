package app

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/shakedown-dev/shakedown/provisioner"
	"github.com/shakedown-dev/shakedown/provisioner/existing"
	"github.com/shakedown-dev/shakedown/provisioner/sandbox"
	"github.com/shakedown-dev/shakedown/provisioner/sandbox/build"
	modules "github.com/shakedown-dev/shakedown/sandbox"
)

// ClusterOptions are what clusters on this machine need of the world.
type ClusterOptions struct {
	// DataDir holds the state of clusters and CacheDir what was built for them.
	DataDir, CacheDir string
	// Environ is the environment of programs that are started.
	Environ []string
	Now     func() time.Time
	Log     *slog.Logger
}

// Clusters are the drivers of this machine, joined. They work in this process, be it
// a server or a command: a sandbox needs no server.
type Clusters struct {
	*provisioner.Clusters
	Sandbox *sandbox.Driver
	Builder *build.Builder
	written kubeconfigs
}

// NewClusters joins the drivers.
func NewClusters(o ClusterOptions) (Clusters, error) {
	sources, err := modules.Modules()
	if err != nil {
		return Clusters{}, err
	}
	builder, err := build.New(build.Config{CacheDir: o.CacheDir, Modules: sources, Env: o.Environ, Now: o.Now})
	if err != nil {
		return Clusters{}, err
	}
	local, err := sandbox.New(sandbox.Config{DataDir: o.DataDir, Builder: builder, Now: o.Now, Log: o.Log})
	if err != nil {
		return Clusters{}, err
	}
	registered, err := existing.New(existing.Config{DataDir: o.DataDir, Now: o.Now})
	if err != nil {
		return Clusters{}, err
	}
	written := kubeconfigs(filepath.Join(o.DataDir, "kubeconfigs"))
	joined := provisioner.NewClusters([]provisioner.Driver{tidySwitch{tidy{local, written}, local}, tidy{registered, written}}, o.Log)
	return Clusters{Clusters: joined, Sandbox: local, Builder: builder, written: written}, nil
}

// WriteKubeconfig writes the kubeconfig of a cluster where a server can read it, and
// returns the path.
func (c Clusters) WriteKubeconfig(ctx context.Context, name string) (string, error) {
	raw, err := c.Kubeconfig(ctx, name)
	if err != nil {
		return "", err
	}
	return c.written.write(name, raw)
}
