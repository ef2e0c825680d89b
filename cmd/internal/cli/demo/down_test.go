package demo

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/experiments/prom"
)

// TestDownOfAForeignCluster: the demo ran in a cluster that is not ours, and its server
// has ended since. Nothing is gone as long as that cluster cannot be reached.
func TestDownOfAForeignCluster(t *testing.T) {
	data, kubeconfig := filepath.Join(t.TempDir(), "data"), unreachable(t)
	var out bytes.Buffer
	home := t.TempDir()
	d := &kit.Deps{DataFolder: data, Output: "table", World: kit.World{
		Out: &out, Err: &out, Now: time.Now, NewID: func() string { return "id" },
		Env: func(name string) string { return map[string]string{"HOME": home}[name] },
	}}
	if err := claim(data); err != nil {
		t.Fatal(err)
	}
	o := &options{kubeconfig: kubeconfig, image: "shop:v2", prometheus: prom.Config{URL: "http://127.0.0.1:1"}}
	if _, err := prepare(t.Context(), d, o); err != nil {
		t.Fatal(err)
	}
	err := down(t.Context(), d)
	if err == nil || !strings.Contains(err.Error(), kubeconfig) || strings.Contains(out.String(), "the demo is gone") {
		t.Errorf("error %v, said %q; want that the environments of the cluster are left", err, out.String())
	}
	if !exists(foreignFile(data)) {
		t.Error("what is left cannot be removed any more: its cluster is forgotten")
	}
}

// unreachable is the kubeconfig of a cluster that does not answer.
func unreachable(t *testing.T) string {
	t.Helper()
	const nobody = `{"apiVersion":"v1","kind":"Config","current-context":"c","clusters":[{"name":"c","cluster":{"server":"http://127.0.0.1:1"}}],
		"users":[{"name":"c","user":{}}],"contexts":[{"name":"c","context":{"cluster":"c","user":"c"}}]}`
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, []byte(nobody), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
