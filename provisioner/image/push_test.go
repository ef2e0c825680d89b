package image_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner/image"
)

// serveRegistry starts a registry on loopback behind wrap and returns its host.
func serveRegistry(t *testing.T, wrap func(http.Handler) http.Handler) string {
	t.Helper()
	quiet := registry.Logger(slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo))
	server := httptest.NewServer(wrap(registry.New(quiet)))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// to is a registry whose connections end with the test.
func to(t *testing.T) image.Registry {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return image.Registry{Username: "ann", Password: "secret", Transport: transport}
}

func TestPushFromATarball(t *testing.T) {
	host := serveRegistry(t, func(h http.Handler) http.Handler { return h })
	path := filepath.Join(t.TempDir(), "shop.tar")
	if err := image.Save(path, pack(t, shop(t, "v1"))); err != nil {
		t.Fatal(err)
	}
	i, err := image.Open(path, "shakedown.dev/shop:v1")
	if err != nil {
		t.Fatal(err)
	}
	to := to(t)
	got, err := image.Push(t.Context(), i, host+"/demo/shop:v1", to)
	if err != nil {
		t.Fatal(err)
	}
	if want := host + "/demo/shop@" + i.Digest(); got != want {
		t.Errorf("pushed %s, want %s", got, want)
	}
	pushed, err := name.NewDigest(got)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := remote.Head(pushed, remote.WithTransport(to.Transport)); err != nil {
		t.Errorf("the registry does not have it: %v", err)
	}
}

func TestPushAgainUploadsNothing(t *testing.T) {
	var uploads atomic.Int64
	host := serveRegistry(t, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPatch || r.Method == http.MethodPost {
				uploads.Add(1)
			}
			h.ServeHTTP(w, r)
		})
	})
	i, to := pack(t, shop(t, "v1")), to(t)
	push := func() int64 {
		if _, err := image.Push(t.Context(), i, host+"/shop:v1", to); err != nil {
			t.Fatal(err)
		}
		return uploads.Load()
	}
	first, second := push(), push()
	if first == 0 || second != first {
		t.Errorf("%d uploads after the first push, %d after the second", first, second)
	}
}

func TestPushErrors(t *testing.T) {
	refusing := serveRegistry(t, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Basic realm="shop"`)
			w.WriteHeader(http.StatusUnauthorized)
		})
	})
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	tests := []struct {
		name string
		ref  string
		kind events.Kind
	}{
		{"not a reference", "Shop", events.KindInvalid},
		{"refused login", refusing + "/shop:v1", events.KindRefused},
		{"no registry there", strings.TrimPrefix(gone.URL, "http://") + "/shop:v1", events.KindUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := image.Push(t.Context(), pack(t, shop(t, "v1")), tt.ref, to(t))
			e, ok := errors.AsType[*events.Error](err)
			if !ok || e.Kind != tt.kind || e.Hint() == "" {
				t.Fatalf("error %v, want one of kind %s with a hint", err, tt.kind)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}
