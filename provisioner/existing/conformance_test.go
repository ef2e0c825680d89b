package existing

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/shakedown-dev/shakedown/provisioner"
	"github.com/shakedown-dev/shakedown/provisioner/provisionertest"
)

func TestConformance(t *testing.T) {
	server := apiServer(t)
	var changes atomic.Int64
	inner := server.Config.Handler
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			changes.Add(1)
		}
		inner.ServeHTTP(w, r)
	})
	data, kubeconfig := t.TempDir(), writeKubeconfig(t, server, "secret")
	notes := filepath.Join(data, "existing", "notes.txt")
	if err := errors.Join(os.MkdirAll(filepath.Dir(notes), 0o700), os.WriteFile(notes, []byte("not the driver's"), 0o600)); err != nil {
		t.Fatal(err)
	}
	provisionertest.Run(t, provisionertest.Rig{
		Open: func(t *testing.T) provisioner.Driver {
			t.Helper()
			d, err := New(Config{DataDir: data, Now: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			return d
		},
		Document: func(name string) provisioner.Document {
			doc := document(kubeconfig, "here")
			doc.Metadata.Name = name
			return doc
		},
		Refused: func(name string) provisioner.Document {
			doc := document(kubeconfig, "nobody-knows-it")
			doc.Metadata.Name = name
			return doc
		},
		Interrupt: "reach here",
		Reach:     reach,
		Snapshot: func(t *testing.T) func(*testing.T) {
			t.Helper()
			before := files(t, data, kubeconfig)
			return func(t *testing.T) {
				t.Helper()
				if diff := cmp.Diff(before, files(t, data, kubeconfig)); diff != "" {
					t.Errorf("files have changed (-before +after):\n%s", diff)
				}
				if n := changes.Load(); n > 0 {
					t.Errorf("%d requests to change something in the cluster", n)
				}
			}
		},
		Bound: 2 * time.Second,
	})
}

// reach lists the nodes.
func reach(t *testing.T, kubeconfig []byte) {
	t.Helper()
	config, err := clientcmd.RESTConfigFromKubeConfig(kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	client, err := coreclient.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := client.Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil || len(nodes.Items) != 2 {
		t.Errorf("it leads to %v, %v", nodes, err)
	}
}

// files are those of somebody else: one beside the registrations, and the
// kubeconfig that they point to. A registration that is left counts as well.
func files(t *testing.T, data, kubeconfig string) map[string]string {
	t.Helper()
	dir := filepath.Join(data, "existing")
	found := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{kubeconfig}
	for _, e := range entries {
		paths = append(paths, filepath.Join(dir, e.Name()))
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found[path] = string(raw)
	}
	return found
}
