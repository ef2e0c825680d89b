//go:build real

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
)

// effect is a change that the API server has accepted.
type effect struct {
	method, namespace string
	// pod is its name when the change is the end of a pod.
	pod string
	// at is when the answer came: it was done before.
	at time.Time
}

// witness passes on what replicas ask of the API server, and notes all effects. What
// changes something is asked to the end, whether or not the replica still lives.
type witness struct {
	next    http.RoundTripper
	mu      sync.Mutex
	effects []effect
}

// watchEffects is a kubeconfig whose API server is a witness before that of the sandbox.
func watchEffects(t *testing.T) (w *witness, kubeconfig string) {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", sandboxtest.Kubeconfig(t))
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	w = new(witness)
	if w.next, err = rest.TransportFor(config); err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, Transport: w, FlushInterval: -1,
		ErrorHandler: func(rw http.ResponseWriter, _ *http.Request, _ error) { rw.WriteHeader(http.StatusBadGateway) },
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	content := fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"c","clusters":[{"name":"c","cluster":{"server":%q}}],
		"users":[{"name":"c","user":{}}],"contexts":[{"name":"c","context":{"cluster":"c","user":"c"}}]}`, server.URL)
	if err := os.WriteFile(kubeconfig, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return w, kubeconfig
}

// RoundTrip notes what was accepted.
func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet || r.URL.Query().Get("dryRun") != "" {
		return w.next.RoundTrip(r)
	}
	answer, err := w.next.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
	if err == nil && answer.StatusCode < http.StatusMultipleChoices {
		w.note(r, time.Now())
	}
	return answer, err
}

func (w *witness) note(r *http.Request, at time.Time) {
	parts := strings.Split(r.URL.Path, "/")
	e := effect{method: r.Method, at: at}
	if i := slices.Index(parts, "namespaces"); i >= 0 && i+1 < len(parts) {
		e.namespace = parts[i+1]
		if r.Method == http.MethodDelete && i+4 == len(parts) && parts[i+2] == "pods" {
			e.pod = parts[i+3]
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.effects = append(w.effects, e)
}

// seen are the effects so far.
func (w *witness) seen() []effect {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.effects)
}
