package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
	"github.com/shakedown-dev/shakedown/provisioner/existing"
	"github.com/shakedown-dev/shakedown/provisioner/sandbox"
	"github.com/shakedown-dev/shakedown/provisioner/sandbox/build"
	modules "github.com/shakedown-dev/shakedown/sandbox"
)

// ClusterFile is a Cluster document whose optional values are filled in before it is
// checked.
type ClusterFile struct{ provisioner.Document }

// Validate reports all that is wrong with the document.
func (c *ClusterFile) Validate() events.Problems { return c.WithDefaults().Validate() }

// ClusterOptions are what clusters on this machine need of the world.
type ClusterOptions struct {
	// DataDir holds the state of clusters and CacheDir what was built for them.
	DataDir, CacheDir string
	// Environ is the environment of programs that are started.
	Environ []string
	Now     func() time.Time
	Log     *slog.Logger
}

// Clusters are the drivers of this machine, joined. They work in this process: a
// sandbox needs no server.
type Clusters struct {
	*provisioner.Clusters
	Sandbox *sandbox.Driver
	Builder *build.Builder
	dataDir string
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
	joined := provisioner.NewClusters([]provisioner.Driver{local, registered}, o.Log)
	return Clusters{Clusters: joined, Sandbox: local, Builder: builder, dataDir: o.DataDir}, nil
}

// WriteKubeconfig writes the kubeconfig of a cluster where a server can read it, and
// returns the path.
func (c Clusters) WriteKubeconfig(ctx context.Context, name string) (string, error) {
	raw, err := c.Kubeconfig(ctx, name)
	if err != nil {
		return "", err
	}
	path := c.kubeconfigPath(name)
	err = os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, raw, 0o600)
	}
	if err != nil {
		return "", events.Errorf(events.KindInternal, "choose another folder with --data-dir", "write kubeconfig: %w", err)
	}
	return path, nil
}

// Remove destroys a cluster and the kubeconfig that was written for it.
func (c Clusters) Remove(ctx context.Context, name string, p provisioner.Progress) error {
	if err := c.Destroy(ctx, name, p); err != nil {
		return err
	}
	if err := os.Remove(c.kubeconfigPath(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove kubeconfig of cluster %s: %w", name, err)
	}
	return nil
}

func (c Clusters) kubeconfigPath(name string) string {
	return filepath.Join(c.dataDir, "kubeconfigs", name)
}
