package existing

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// loggingInBy makes a kubeconfig of the same server log in by a program, which leaves a
// file behind when it runs.
func loggingInBy(t *testing.T, path string) (ran string) {
	t.Helper()
	dir := t.TempDir()
	program, ran := filepath.Join(dir, "login"), filepath.Join(dir, "ran")
	script := `#!/bin/sh
touch ` + ran + `
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"secret"}}'
`
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	user := "user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: " + program + ", interactiveMode: Never}}"
	text := strings.Replace(string(raw), "user: {token: secret}", user, 1)
	if err := errors.Join(os.WriteFile(program, []byte(script), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
	return ran
}

// TestExecIsRefused: no program of a kubeconfig is run that nobody has allowed, be it there
// when the cluster is registered or later.
func TestExecIsRefused(t *testing.T) {
	server, d := apiServer(t), newTestDriver(t)
	path := writeKubeconfig(t, server, "secret")
	if _, err := d.Create(t.Context(), document(path, "here"), provisioner.Quiet{}); err != nil {
		t.Fatal(err)
	}
	ran := loggingInBy(t, path)
	if s, err := d.Show(t.Context(), "eks"); err != nil || s.State != provisioner.StateBroken || !strings.Contains(s.Reason, "which nobody has allowed") {
		t.Errorf("registered before: %+v, %v", s, err)
	}
	if raw, err := d.Kubeconfig(t.Context(), "eks"); err == nil {
		t.Errorf("kubeconfig of before: %s", raw)
	}
	again := document(path, "here")
	again.Metadata.Name = "again"
	_, err := d.Create(t.Context(), again, provisioner.Quiet{})
	if e, ok := errors.AsType[*events.Error](err); !ok || e.Kind != events.KindRefused || !strings.Contains(e.Advice, "--allow-exec") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("the program was run")
	}
}

// TestExecIsAllowed by a person.
func TestExecIsAllowed(t *testing.T) {
	server, d := apiServer(t), newTestDriver(t)
	path := writeKubeconfig(t, server, "secret")
	ran, doc := loggingInBy(t, path), document(path, "here")
	doc.Spec.Existing.Exec = true
	if _, err := d.Create(t.Context(), doc, provisioner.Quiet{}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(ran); err != nil {
		t.Error("the program was not run")
	}
	if s, err := d.Show(t.Context(), "eks"); err != nil || s.State == provisioner.StateBroken {
		t.Errorf("registered: %+v, %v", s, err)
	}
}

// TestExecAllowedLater: the advice of a registered cluster is what helps.
func TestExecAllowedLater(t *testing.T) {
	server, d := apiServer(t), newTestDriver(t)
	path := writeKubeconfig(t, server, "secret")
	if _, err := d.Create(t.Context(), document(path, "here"), provisioner.Quiet{}); err != nil {
		t.Fatal(err)
	}
	loggingInBy(t, path)
	if s, err := d.Show(t.Context(), "eks"); err != nil || !strings.Contains(s.Reason, "shakedown cluster destroy eks, which only forgets it, then ") {
		t.Errorf("reason %q, %v", s.Reason, err)
	}
	doc := document(path, "here")
	doc.Spec.Existing.Exec = true
	clusters := provisioner.NewClusters([]provisioner.Driver{d}, slog.New(slog.DiscardHandler))
	if err := clusters.Destroy(t.Context(), "eks", provisioner.Quiet{}); err != nil {
		t.Fatal(err)
	}
	if _, err := clusters.Create(t.Context(), doc, provisioner.CreateOptions{}, provisioner.Quiet{}); err != nil {
		t.Errorf("the advice does not help: %v", err)
	}
}

// TestNoFileAllowsExec: what lets programs run is in no document.
func TestNoFileAllowsExec(t *testing.T) {
	_, err := provisioner.Parse([]byte(`{"apiVersion":"shakedown.dev/v1","kind":"Cluster","metadata":{"name":"eks"},
		"spec":{"driver":"existing","existing":{"kubeconfig":"x","Exec":true}}}`))
	if err == nil {
		t.Error("a document allows it")
	}
}
