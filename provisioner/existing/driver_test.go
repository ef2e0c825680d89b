package existing

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// apiServer answers for the version and the nodes, one of which is not Ready.
func apiServer(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	answer := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer secret" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprint(w, body)
		}
	}
	mux.HandleFunc("/version", answer(`{"major":"1","minor":"33","gitVersion":"v1.33.1"}`))
	mux.HandleFunc("/api/v1/nodes", answer(`{"kind":"NodeList","apiVersion":"v1","items":[
		{"metadata":{"name":"a","labels":{"topology.kubernetes.io/zone":"us-east-1a","node.kubernetes.io/instance-type":"m5.large"}},
		 "spec":{"providerID":"aws:///us-east-1a/i-1"},
		 "status":{"conditions":[{"type":"Ready","status":"True"}],"addresses":[{"type":"InternalIP","address":"10.0.0.1"}]}},
		{"metadata":{"name":"b"},"status":{"conditions":[{"type":"Ready","status":"Unknown"}]}}]}`))
	server := httptest.NewTLSServer(mux)
	t.Cleanup(server.Close)
	return server
}

// writeKubeconfig writes a file with two contexts, of which the second leads to
// the server.
func writeKubeconfig(t *testing.T, server *httptest.Server, token string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	content := fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: nowhere
clusters:
  - {name: nowhere, cluster: {server: "http://127.0.0.1:1"}}
  - {name: here, cluster: {server: %q, certificate-authority-data: %s}}
users:
  - {name: me, user: {token: %s}}
contexts:
  - {name: nowhere, context: {cluster: nowhere, user: me}}
  - {name: here, context: {cluster: here, user: me}}
`, server.URL, base64.StdEncoding.EncodeToString(ca), token)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func newTestDriver(t *testing.T) *Driver {
	t.Helper()
	d, err := New(Config{DataDir: t.TempDir(), Now: func() time.Time { return time.Unix(1, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// document points to a context.
func document(path, context string) provisioner.Document {
	doc := provisioner.NewDocument("eks")
	doc.Spec = provisioner.Spec{Driver: "existing", Existing: &provisioner.Existing{Kubeconfig: path, Context: context}}
	return doc.WithDefaults()
}

func TestLife(t *testing.T) {
	server, d := apiServer(t), newTestDriver(t)
	path := writeKubeconfig(t, server, "secret")
	got, err := d.Create(t.Context(), document(path, "here"), provisioner.Quiet{})
	if err != nil {
		t.Fatal(err)
	}
	want := provisioner.Status{
		Name: "eks", Driver: "existing", State: provisioner.StateDegraded, Reason: "not Ready: b",
		Version: "v1.33.1", Server: server.URL, Created: time.Unix(1, 0).UTC(),
		Nodes: []provisioner.Node{
			{Name: "a", Ready: true, Powered: true, Address: "10.0.0.1", Zone: "us-east-1a", InstanceType: "m5.large", ProviderID: "aws:///us-east-1a/i-1"},
			{Name: "b"},
		},
		Existing: &provisioner.Existing{Kubeconfig: path, Context: "here"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	list, err := d.List(t.Context())
	if diff := cmp.Diff([]provisioner.Status{want}, list); err != nil || diff != "" {
		t.Errorf("list: %v\n%s", err, diff)
	}
	raw, err := d.Kubeconfig(t.Context(), "eks")
	if err != nil || !strings.Contains(string(raw), "current-context: here") || strings.Contains(string(raw), "nowhere") {
		t.Errorf("kubeconfig: %v\n%s", err, raw)
	}
	kept, err := os.ReadFile(d.path("eks"))
	if err != nil || strings.Contains(string(kept), "secret") {
		t.Errorf("a secret is kept: %v\n%s", err, kept)
	}
	if err := d.Destroy(t.Context(), "eks", provisioner.Quiet{}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the kubeconfig is gone: %v", err)
	}
	var e *events.Error
	if _, err := d.Show(t.Context(), "eks"); !errors.As(err, &e) || e.Kind != events.KindNotFound {
		t.Errorf("after destroy: %v", err)
	}
	if err := d.Destroy(t.Context(), "eks", provisioner.Quiet{}); !errors.As(err, &e) || e.Kind != events.KindNotFound {
		t.Errorf("destroyed twice: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	server := apiServer(t)
	good, wrong := writeKubeconfig(t, server, "secret"), writeKubeconfig(t, server, "wrong")
	for _, test := range []struct {
		name          string
		path, context string
		words         string
	}{
		{"no file", "/no/such/file", "", "/no/such/file"},
		{"no such context", good, "none", `no context "none"`},
		{"nobody answers", good, "", "127.0.0.1:1"},
		{"not let in", wrong, "here", "asked for the client to provide credentials"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, doc := newTestDriver(t), document(test.path, test.context)
			checks := d.Check(t.Context(), doc)
			if err := provisioner.Refusal(doc, checks); err == nil || !strings.Contains(err.Error(), test.words) {
				t.Errorf("checks %+v", checks)
			}
			_, err := d.Create(t.Context(), doc, provisioner.Quiet{})
			if err == nil || !strings.Contains(err.Error(), test.words) {
				t.Errorf("create: %v", err)
			}
			if entries, err := os.ReadDir(d.dir); err == nil && len(entries) > 0 {
				t.Errorf("something is registered: %v", entries)
			}
		})
	}
}

func TestGoneAfterwards(t *testing.T) {
	server, d := apiServer(t), newTestDriver(t)
	if _, err := d.Create(t.Context(), document(writeKubeconfig(t, server, "secret"), "here"), provisioner.Quiet{}); err != nil {
		t.Fatal(err)
	}
	server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	status, err := d.Show(ctx, "eks")
	if err != nil || status.State != provisioner.StateBroken || status.Reason == "" {
		t.Errorf("status %+v, %v", status, err)
	}
}
