package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// kubeconfigs is the folder of the kubeconfigs that were written for clusters.
type kubeconfigs string

func (k kubeconfigs) path(name string) string { return filepath.Join(string(k), name) }

// write writes the kubeconfig of a cluster, and returns its path.
func (k kubeconfigs) write(name string, raw []byte) (string, error) {
	err := os.MkdirAll(string(k), 0o700)
	if err == nil {
		err = os.WriteFile(k.path(name), raw, 0o600)
	}
	if err != nil {
		return "", events.Errorf(events.KindInternal, "choose another folder with --data-dir", "write kubeconfig: %w", err)
	}
	return k.path(name), nil
}

// remove removes what write wrote, if it did.
func (k kubeconfigs) remove(name string) error {
	if err := os.Remove(k.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove kubeconfig of cluster %s: %w", name, err)
	}
	return nil
}

// tidy is a driver whose clusters leave no kubeconfig behind, whoever destroys them.
type tidy struct {
	provisioner.Driver
	written kubeconfigs
}

// tidySwitch is a tidy driver whose nodes can be switched.
type tidySwitch struct {
	tidy
	power provisioner.Switch
}

var _ provisioner.Switch = tidySwitch{}

// PowerOff switches a node off.
func (t tidySwitch) PowerOff(ctx context.Context, cluster, node string) error {
	return t.power.PowerOff(ctx, cluster, node)
}

// PowerOn switches a node on.
func (t tidySwitch) PowerOn(ctx context.Context, cluster, node string) error {
	return t.power.PowerOn(ctx, cluster, node)
}

// Destroy removes the cluster and the kubeconfig that was written for it; the
// kubeconfig first, since a cluster that is gone is not destroyed again.
func (t tidy) Destroy(ctx context.Context, name string, p provisioner.Progress) error {
	if err := t.written.remove(name); err != nil {
		return err
	}
	return t.Driver.Destroy(ctx, name, p)
}
