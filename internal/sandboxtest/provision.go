package sandboxtest

import (
	"context"
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
	"github.com/shakedown-dev/shakedown/provisioner/sandbox"
)

// Bus is what a provisioner works with.
type Bus interface {
	events.Bus
	events.Caller
	events.Store
}

// Provision runs a provisioner on the bus until the test ends. It has the sandbox that
// Main has made, and its switches.
func Provision(t testing.TB, bus Bus) {
	t.Helper()
	// The kubeconfig is in the folder of the sandbox, that in the one of all clusters.
	home := filepath.Dir(Kubeconfig(t))
	log := slog.New(slog.DiscardHandler)
	driver, err := sandbox.New(sandbox.Config{DataDir: filepath.Dir(filepath.Dir(home)), Now: time.Now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := driver.Show(t.Context(), filepath.Base(home)); err != nil {
		t.Fatalf("the cluster of the tests is no sandbox, so that its nodes have no switches: %v", err)
	}
	service, err := provisioner.New(provisioner.Deps{
		Bus: bus, Caller: bus, Store: bus, Stamp: events.Stamp{Now: time.Now, NewID: rand.Text}, Log: log, Owner: "provisioner",
		Clusters: provisioner.NewClusters([]provisioner.Driver{driver}, log), Config: provisioner.DefaultConfig(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- service.Run(ctx) }()
	<-service.Ready()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run the provisioner: %v", err)
		}
	})
}
