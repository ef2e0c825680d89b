package provisioner

import (
	"context"
	"errors"

	"github.com/shakedown-dev/shakedown/events"
)

// Driver makes clusters of one sort. It is safe for concurrent use, and its
// calls for one cluster exclude each other, in other processes too.
//
// Errors for people are *events.Error; the kind is not-found where there is no
// cluster of that name. Every call returns soon after ctx has ended, and what it
// has made until then can be destroyed. The package provisionertest tests a
// driver for what is promised here.
type Driver interface {
	// Name is what a specification calls the driver.
	Name() string
	// Check tests whether the driver can make this cluster here. It changes
	// nothing, and it is called before anything is made.
	Check(ctx context.Context, d Document) []Check
	// Create makes the cluster and returns when it is ready. What it makes can be
	// destroyed by name from the moment it is made. It does not undo what it made
	// when it fails or ctx ends: Destroy does. An error of Untouched means that it
	// made nothing. A name that is taken is refused in this way; the kind of the
	// error is refused.
	Create(ctx context.Context, d Document, p Progress) (Status, error)
	// List returns every cluster of this driver, in the order of their names.
	List(ctx context.Context) ([]Status, error)
	// Show returns one cluster. One that does not answer is broken, and no error.
	Show(ctx context.Context, name string) (Status, error)
	// Kubeconfig returns the administrator's kubeconfig of the cluster.
	Kubeconfig(ctx context.Context, name string) ([]byte, error)
	// Destroy removes everything the driver made for the cluster, whatever state
	// it is in, and nothing else. It is safe to repeat: when nothing is left the
	// kind of the error is not-found.
	Destroy(ctx context.Context, name string, p Progress) error
}

// Switch is a Driver that can switch the machines of its nodes off and on. Both calls
// are idempotent, ask events.CheckFence right before they act, and return an error of
// kind not-found where there is no such cluster or node.
type Switch interface {
	Driver
	// PowerOff ends everything that runs on the node, as when a plug is pulled. Its disk
	// stays, and it stays off.
	PowerOff(ctx context.Context, cluster, node string) error
	// PowerOn starts a node that is off, and returns when its programs were started.
	PowerOn(ctx context.Context, cluster, node string) error
}

// Check is one thing that must be so before a cluster is made.
type Check struct {
	// Name is what was tested, such as "nft".
	Name string `json:"name"`
	// OK reports whether it is as it must be.
	OK bool `json:"ok"`
	// Found is what was seen.
	Found string `json:"found"`
	// Hint is what to do about it.
	Hint string `json:"hint,omitempty"`
}

// NotFound is the error for a cluster that does not exist.
func NotFound(name string) error {
	return events.Errorf(events.KindNotFound, "shakedown cluster list", "cluster %s does not exist", name)
}

// Exists is the error of a Create for a name that is taken.
func Exists(name string) error {
	return Untouched(events.Errorf(events.KindRefused, "shakedown cluster destroy "+name, "cluster %s exists already", name))
}

// Untouched marks the error of a Create that made nothing: what is there under the
// name now is somebody else's, so nothing is undone.
func Untouched(err error) error {
	if err == nil {
		return nil
	}
	return untouched{err}
}

type untouched struct{ error }

func (u untouched) Unwrap() error { return u.error }

func isUntouched(err error) bool {
	_, ok := errors.AsType[untouched](err)
	return ok
}
