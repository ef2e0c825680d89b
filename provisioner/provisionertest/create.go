package provisionertest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// refused wants a check to fail with a hint, and nothing made by it.
func refused(t *testing.T, r Rig) {
	d := r.Open(t)
	failed := 0
	for _, c := range d.Check(t.Context(), r.Refused(First)) {
		if !c.OK {
			failed++
		}
		if !c.OK && (c.Name == "" || c.Found == "" || c.Hint == "") {
			t.Errorf("a check that failed does not say all: %+v", c)
		}
	}
	if failed == 0 {
		t.Error("no check refuses it")
	}
	for _, c := range d.Check(t.Context(), r.Document(First)) {
		if !c.OK {
			t.Errorf("%s is refused here: %s (%s)", c.Name, c.Found, c.Hint)
		}
	}
	gone(t, d, First)
}

// cancelled creates under a context that has ended already.
func cancelled(t *testing.T, r Rig) {
	d := r.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	if _, err := d.Create(ctx, r.Document(Second), provisioner.Quiet{}); err == nil {
		t.Error("it was created")
	}
	if took := time.Since(began); took > r.Bound {
		t.Errorf("it took %s, want at most %s", took, r.Bound)
	}
	takeBack(t, d, Second)
}

// interrupted cancels a create while the rig's step is under way.
func interrupted(t *testing.T, r Rig) {
	d := r.Open(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	stop := errors.New("interrupted by the test")
	var ended time.Time
	steps := newSteps(func(step string) {
		if step == r.Interrupt {
			ended = time.Now()
			cancel(stop)
		}
	})
	_, err := d.Create(ctx, r.Document(Second), steps)
	if err == nil {
		t.Fatal("it was created all the same")
	}
	if ended.IsZero() {
		t.Fatalf("it failed before the step %q: %v", r.Interrupt, err)
	}
	if took := time.Since(ended); took > r.Bound {
		t.Errorf("it returned %s after its context, want at most %s", took, r.Bound)
	}
	steps.settled(t)
	if s, err := d.Show(t.Context(), Second); err == nil && s.State == provisioner.StateReady {
		t.Errorf("what is half made is shown as %+v", s)
	}
	takeBack(t, d, Second)
}

// takeBack destroys what there may be and wants it gone.
func takeBack(t *testing.T, d provisioner.Driver, name string) {
	t.Helper()
	if err := d.Destroy(t.Context(), name, provisioner.Quiet{}); err != nil && !notFound(err) {
		t.Errorf("destroying what is half made: %v", err)
	}
	gone(t, d, name)
}

// raced lets two processes create one cluster.
func raced(t *testing.T, r Rig) {
	var errs [2]error
	var made [2]provisioner.Status
	var wg sync.WaitGroup
	for i, d := range []provisioner.Driver{r.Open(t), r.Open(t)} {
		wg.Go(func() {
			steps := newSteps(func(string) {})
			made[i], errs[i] = d.Create(t.Context(), r.Document(First), steps)
			steps.settled(t)
		})
	}
	wg.Wait()
	won, lost := 0, 1
	if errs[won] != nil {
		won, lost = lost, won
	}
	if errs[won] != nil || events.KindOf(errs[lost]) != events.KindRefused {
		t.Fatalf("want one to make it and the other one to be refused: %v, %v", errs[0], errs[1])
	}
	if s := made[won]; s.Name != First || s.Driver != r.Open(t).Name() || s.State == provisioner.StateBroken || len(s.Nodes) == 0 {
		t.Errorf("it was created as %+v", s)
	}
}

// taken creates once more what is there.
func taken(t *testing.T, r Rig) {
	d := r.Open(t)
	before := show(t, d, First)
	_, err := d.Create(t.Context(), r.Document(First), provisioner.Quiet{})
	if events.KindOf(err) != events.KindRefused {
		t.Errorf("creating it again: %v, want it refused", err)
	}
	if after := show(t, d, First); !after.Created.Equal(before.Created) || after.State != before.State {
		t.Errorf("it was %+v and is %+v", before, after)
	}
}
