package provisionertest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/provisioner"
)

// neverUsed asks for a cluster that never was.
func neverUsed(t *testing.T, r Rig) { gone(t, r.Open(t), unknown) }

// neverUsedAgain asks for one that was destroyed.
func neverUsedAgain(t *testing.T, r Rig) {
	d := r.Open(t)
	for range 2 {
		if err := d.Destroy(t.Context(), First, provisioner.Quiet{}); !notFound(err) {
			t.Errorf("destroying it again: %v, want it not found", err)
		}
	}
	gone(t, d, First)
}

// gone wants nothing under the name.
func gone(t *testing.T, d provisioner.Driver, name string) {
	t.Helper()
	if s, err := d.Show(t.Context(), name); !notFound(err) {
		t.Errorf("%s is shown as %+v, %v; want it not found", name, s, err)
	}
	if _, err := d.Kubeconfig(t.Context(), name); !notFound(err) {
		t.Errorf("kubeconfig of %s: %v, want it not found", name, err)
	}
	if err := d.Destroy(t.Context(), name, provisioner.Quiet{}); !notFound(err) {
		t.Errorf("destroying %s: %v, want it not found", name, err)
	}
	if slices.Contains(listed(t, d), name) {
		t.Errorf("%s is listed", name)
	}
}

// shown compares what processes other than its maker know.
func shown(t *testing.T, r Rig) {
	s := show(t, r.Open(t), First)
	if s.Name != First || s.State == provisioner.StateBroken || s.Version == "" || s.Server == "" || s.Created.IsZero() || len(s.Nodes) == 0 {
		t.Errorf("it is shown as %+v", s)
	}
	list, err := r.Open(t).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(s provisioner.Status) bool { return s.Name == First })
	if i < 0 {
		t.Fatalf("it is not listed: %+v", list)
	}
	if diff := cmp.Diff(s, list[i]); diff != "" {
		t.Errorf("listed otherwise than shown (-shown +listed):\n%s", diff)
	}
	if names := listed(t, r.Open(t)); !slices.IsSorted(names) {
		t.Errorf("the list is not in the order of names: %v", names)
	}
}

// reached uses the kubeconfig, which must not change from call to call.
func reached(t *testing.T, r Rig) {
	first, err := r.Open(t).Kubeconfig(t.Context(), First)
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.Open(t).Kubeconfig(t.Context(), First)
	if err != nil || string(again) != string(first) {
		t.Errorf("the kubeconfig differs from call to call: %v", err)
	}
	r.Reach(t, first)
}

// bounded makes every call under a context that has ended.
func bounded(t *testing.T, r Rig) {
	d := r.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, call := range []struct {
		name string
		make func() error
	}{
		{"check", func() error { d.Check(ctx, r.Document(First)); return nil }},
		{"list", func() error { _, err := d.List(ctx); return err }},
		{"show", func() error { _, err := d.Show(ctx, First); return err }},
		{"kubeconfig", func() error { _, err := d.Kubeconfig(ctx, First); return err }},
		{"destroy", func() error { return d.Destroy(ctx, First, provisioner.Quiet{}) }},
	} {
		began := time.Now()
		err := call.make()
		if took := time.Since(began); took > r.Bound {
			t.Errorf("%s returned after %s (%v), want at most %s", call.name, took, err, r.Bound)
		}
		if notFound(err) {
			t.Errorf("%s does not find what is there: %v", call.name, err)
		}
	}
}

// destroyed removes the cluster.
func destroyed(t *testing.T, r Rig) {
	steps := newSteps(func(string) {})
	if err := r.Open(t).Destroy(t.Context(), First, steps); err != nil {
		t.Fatal(err)
	}
	steps.settled(t)
	gone(t, r.Open(t), First)
}

func show(t *testing.T, d provisioner.Driver, name string) provisioner.Status {
	t.Helper()
	s, err := d.Show(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func listed(t *testing.T, d provisioner.Driver) []string {
	t.Helper()
	list, err := d.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(list))
	for _, s := range list {
		names = append(names, s.Name)
	}
	return names
}
