package app

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
)

// TestInstallationIsOne: all that begin at once with a store have one id.
func TestInstallationIsOne(t *testing.T) {
	bus := natsbustest.Open(t)
	var made atomic.Int64
	ids := make([]string, 8)
	events.Parallel(len(ids), len(ids), func(i int) {
		id, err := installation(t.Context(), bus, func() string { return fmt.Sprint("id-", made.Add(1)) })
		if err != nil {
			t.Error(err)
		}
		ids[i] = id
	})
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatalf("ids %q, want one", ids)
		}
	}
}

// TestInstallationStays with its data directory, and another directory has another.
func TestInstallationStays(t *testing.T) {
	o := newWorld(t).options(t)
	first, again := installationOf(t, o), installationOf(t, o)
	o.DataDir = t.TempDir()
	if other := installationOf(t, o); first == "" || first != again || first == other {
		t.Errorf("installations %q, %q after a restart, %q in another directory", first, again, other)
	}
}

func installationOf(t *testing.T, o Options) string {
	t.Helper()
	a, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	return a.installation
}
