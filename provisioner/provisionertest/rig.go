package provisionertest

import (
	"context"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// Rig is a driver under test and what is around it.
type Rig struct {
	// Open returns the driver, each time anew, as another process would open it.
	Open func(t *testing.T) provisioner.Driver
	// Document asks for a cluster of this name that can be made here.
	Document func(name string) provisioner.Document
	// Refused asks for one that Check must refuse.
	Refused func(name string) provisioner.Document
	// Interrupt is a step of Create that is under way when Create is cancelled.
	Interrupt string
	// Reach uses a kubeconfig and fails the test if it does not lead to a cluster.
	Reach func(t *testing.T, kubeconfig []byte)
	// Snapshot remembers what is not the driver's, and returns a function that fails
	// the test if any of it has changed or if the driver has left something behind.
	Snapshot func(t *testing.T) (compare func(t *testing.T))
	// Bound is how long a call may take after its context has ended.
	Bound time.Duration
}

// The names of the clusters that the suite makes. Snapshot must know them where
// what a driver leaves behind is named for its cluster.
const (
	First  = "one"
	Second = "two"
)

// unknown is the name of a cluster that never is.
const unknown = "nobody"

// Run runs the suite. Its steps build upon each other.
func Run(t *testing.T, r Rig) {
	t.Helper()
	compare := r.Snapshot(t)
	t.Cleanup(func() { tidy(t, r) })
	for _, step := range []struct {
		name string
		run  func(*testing.T, Rig)
	}{
		{"a name that was never used is not found", neverUsed},
		{"a check refuses what cannot be made", refused},
		{"a create that was cancelled before makes nothing that stays", cancelled},
		{"a create that is interrupted can be destroyed", interrupted},
		{"of two creates for one name one makes it", raced},
		{"it is shown and listed as it was created", shown},
		{"a name that is taken is refused", taken},
		{"its kubeconfig leads to it", reached},
		{"calls end soon after their context", bounded},
		{"it is destroyed by another process", destroyed},
		{"a destroy that is repeated finds nothing", neverUsedAgain},
	} {
		t.Run(step.name, func(t *testing.T) { step.run(t, r) })
	}
	compare(t)
}

// tidy destroys what a failed step has left.
func tidy(t *testing.T, r Rig) {
	t.Helper()
	for _, name := range []string{First, Second} {
		err := r.Open(t).Destroy(context.WithoutCancel(t.Context()), name, provisioner.Quiet{})
		if err != nil && !notFound(err) {
			t.Errorf("destroying what is left of %s: %v", name, err)
		}
	}
}

func notFound(err error) bool { return events.KindOf(err) == events.KindNotFound }
