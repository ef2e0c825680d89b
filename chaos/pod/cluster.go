package pod

import (
	"context"
	"errors"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
)

// Errors of a Cluster beside chaos.ErrGone and chaos.ErrForbidden, matched with
// errors.Is.
var (
	// ErrTerminating says that the pod was being deleted before we asked.
	ErrTerminating = errors.New("it was already terminating")
	// ErrChanged says that the object is not any more as it was when it was read.
	ErrChanged = errors.New("it was changed meanwhile")
	// ErrSelector says that the label selector does not parse.
	ErrSelector = errors.New("bad label selector")
)

// Reader sees the pods of a cluster.
type Reader interface {
	// Survey reads a namespace; the selector marks pods as Selected. Errors:
	// ErrSelector, chaos.ErrGone when the namespace is not there, chaos.ErrForbidden
	// when the pods may not be listed. Everything else that cannot be read becomes a
	// gap.
	Survey(ctx context.Context, namespace, selector string) (Survey, error)
	// Watch shows every change of the namespace's pods since the survey, until ctx
	// ends; then it returns nil. It calls opened once, when the stream is open, and
	// mends broken streams itself. Errors: chaos.ErrForbidden.
	Watch(ctx context.Context, since Survey, opened func(), show func(Change)) error
}

// Change is a pod, or an owner, as a watch showed it.
type Change struct {
	Pod Pod
	// Owner is set when it is an owner that was shown.
	Owner *Owner
	// Gone says that it was deleted.
	Gone bool
	// At is when the event reached us.
	At time.Time
	// Since is set when the change was found after the stream had been broken: it
	// happened between Since and At.
	Since time.Time
}

// answer marks the errors by which a cluster says that a pod was not touched.
func answer(err error) error {
	for _, final := range []error{chaos.ErrGone, chaos.ErrForbidden, ErrTerminating, ErrChanged} {
		if errors.Is(err, final) {
			return chaos.Untouched(err)
		}
	}
	return err
}
