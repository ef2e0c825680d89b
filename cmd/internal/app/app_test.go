package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus/natsbustest"
	"github.com/shakedown-dev/shakedown/experiments/prom"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is an API server and a Prometheus that answer what is asked at a start, and the
// files of the server.
type world struct {
	kubernetes, prometheus *httptest.Server
	documents              []spec.Document
}

func newWorld(t *testing.T) world {
	t.Helper()
	kubernetes := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/version" {
			_, _ = io.WriteString(w, `{"gitVersion":"v1.36.3"}`)
			return
		}
		_, _ = io.WriteString(w, `{"kind":"List","apiVersion":"v1","items":[]}`)
	}))
	t.Cleanup(kubernetes.Close)
	prometheus := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[%d,"1"]}]}}`, time.Now().Unix())
	}))
	t.Cleanup(prometheus.Close)
	return world{kubernetes: kubernetes, prometheus: prometheus}
}

func (w world) options(t *testing.T) Options {
	t.Helper()
	return Options{
		Version: "test", DataDir: t.TempDir(), Documents: w.documents, Kubeconfig: kubeconfig(t, w.kubernetes.URL),
		Prometheus: prom.Config{URL: w.prometheus.URL}, Listen: "127.0.0.1:0", Env: func(string) string { return "" },
		Log: slog.New(slog.DiscardHandler), Now: time.Now, NewID: func() string { return "id" + fmt.Sprint(time.Now().UnixNano()) },
	}
}

func kubeconfig(t *testing.T, server string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	content := `{"apiVersion":"v1","kind":"Config","current-context":"c","clusters":[{"name":"c","cluster":{"server":"` + server + `"}}],
		"users":[{"name":"c","user":{}}],"contexts":[{"name":"c","context":{"cluster":"c","user":"c"}}]}`
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// nobody is an address at which nothing listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return "http://" + l.Addr().String()
}

// TestBadStarts tells each thing that keeps a server from starting in one line
// with a hint, and leaves nothing behind: a right start with the same data
// directory works afterwards.
func TestBadStarts(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(t *testing.T, o *Options)
		kind  events.Kind
		names string
	}{
		{"no kubeconfig", func(_ *testing.T, o *Options) { o.Kubeconfig = "/nowhere/config" }, events.KindNotFound, "/nowhere/config"},
		{"kubeconfig is no kubeconfig", func(t *testing.T, o *Options) {
			o.Kubeconfig = filepath.Join(t.TempDir(), "x")
			if err := os.WriteFile(o.Kubeconfig, []byte("- 1"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, events.KindInvalid, "read kubeconfig"},
		{"no such context", func(_ *testing.T, o *Options) { o.Context = "mars" }, events.KindInvalid, "mars"},
		{"API server away", func(t *testing.T, o *Options) { o.Kubeconfig = kubeconfig(t, nobody(t)) }, events.KindUnavailable, "cannot reach the API server at http://127.0.0.1"},
		{"Prometheus away", func(t *testing.T, o *Options) { o.Prometheus.URL = nobody(t) }, events.KindUnavailable, "prometheus at http://127.0.0.1"},
		{"Prometheus refuses", func(t *testing.T, o *Options) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
			t.Cleanup(s.Close)
			o.Prometheus.URL = s.URL
		}, events.KindUnavailable, "401"},
		{"no Prometheus named", func(_ *testing.T, o *Options) { o.Prometheus.URL, o.Services = "", []string{"experiments"} }, events.KindInvalid, "Prometheus"},
		{"port in use", func(t *testing.T, o *Options) {
			s := httptest.NewServer(http.NotFoundHandler())
			t.Cleanup(s.Close)
			o.Listen = s.Listener.Addr().String()
		}, events.KindRefused, "address already in use"},
		{"unknown service", func(_ *testing.T, o *Options) { o.Services = []string{"teapot"} }, events.KindInvalid, `"teapot"`},
		{"data directory of everybody", func(t *testing.T, o *Options) {
			o.DataDir = t.TempDir()
			if err := os.Chmod(o.DataDir, 0o777); err != nil { //nolint:gosec // that is the point
				t.Fatal(err)
			}
		}, events.KindRefused, "everybody on this machine can write"},
		{"data directory is a file", func(t *testing.T, o *Options) {
			o.DataDir = filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(o.DataDir, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, events.KindInternal, "data directory"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			good := newWorld(t).options(t)
			bad := good
			tc.spoil(t, &bad)
			_, err := New(t.Context(), bad)
			e, ok := errors.AsType[*events.Error](err)
			if !ok || e.Kind != tc.kind || e.Advice == "" || !strings.Contains(e.Message, tc.names) || strings.Contains(e.Message, "\n") {
				t.Errorf("got %#v, want one line of kind %s with a hint that names %s", err, tc.kind, tc.names)
			}
			a, err := New(t.Context(), good)
			if err != nil {
				t.Fatalf("a good start after the bad one: %v", err)
			}
			if err := a.Stop(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestDataDirectoryInUse lets no second server into a data directory.
func TestDataDirectoryInUse(t *testing.T) {
	o := newWorld(t).options(t)
	natsbustest.Start(t, o.DataDir)
	_, err := New(t.Context(), o)
	if e, ok := errors.AsType[*events.Error](err); !ok || e.Kind != events.KindRefused || !strings.Contains(e.Message, o.DataDir) {
		t.Errorf("got %v, want a refusal that names %s", err, o.DataDir)
	}
}

// TestTwoApps run in one process, get ready, and stop when they are told to.
func TestTwoApps(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"one", "two"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := w.options(t)
			a, err := New(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- a.Run(ctx) }()
			select {
			case <-a.Ready():
			case err := <-done:
				t.Fatalf("it ended: %v", err)
			}
			wantPages(t, a.URL())
			cancel()
			if err := <-done; err != nil {
				t.Errorf("run: %v", err)
			}
			if err := a.Stop(context.WithoutCancel(t.Context())); err != nil {
				t.Errorf("second stop: %v", err)
			}
		})
	}
}

// wantPages looks at every page of the listener.
func wantPages(t *testing.T, url string) {
	t.Helper()
	for path, want := range map[string]int{
		"/": http.StatusOK, "/readyz": http.StatusOK, "/healthz": http.StatusOK, "/metrics": http.StatusOK,
		"/reports/none": http.StatusNotFound, "/v1/hooks/ci": http.StatusMethodNotAllowed,
	} {
		wantStatus(t, url+path, want)
	}
}
