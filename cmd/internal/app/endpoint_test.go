package app

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

// TestGuarded: without a token a request must name us as those do who know us; with one
// it must have it, whatever it names.
func TestGuarded(t *testing.T) {
	const token = "0123456789abcdef"
	hosts := Options{Listen: "ci-box:8765", PublicURL: "https://Shakedown.example/reports"}.hosts()
	for _, tc := range []struct {
		name, token, host, header string
		want                      int
	}{
		{"loopback", "", "127.0.0.1:8765", "", http.StatusOK},
		{"loopback of IPv6", "", "[::1]:8765", "", http.StatusOK},
		{"no port", "", "[::1]", "", http.StatusOK},
		{"localhost", "", "LocalHost:8765", "", http.StatusOK},
		{"where it listens", "", "ci-box:8765", "", http.StatusOK},
		{"public", "", "shakedown.example", "", http.StatusOK},
		{"a name that was pointed here", "", "rebound.example:8765", "", http.StatusMisdirectedRequest},
		{"a name like ours", "", "127.0.0.1.rebound.example", "", http.StatusMisdirectedRequest},
		{"no name", "", "", "", http.StatusMisdirectedRequest},
		{"no token", token, "127.0.0.1:8765", "", http.StatusUnauthorized},
		{"another token", token, "127.0.0.1:8765", "Bearer 0123456789abcdee", http.StatusUnauthorized},
		{"another scheme", token, "127.0.0.1:8765", "Digest " + token, http.StatusUnauthorized},
		{"bearer", token, "any.example", "Bearer " + token, http.StatusOK},
		{"browser", token, "any.example", "Basic b3BzOjAxMjM0NTY3ODlhYmNkZWY=", http.StatusOK},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := guarded(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), tc.token, hosts)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
			r.Host = tc.host
			r.Header.Set("Authorization", tc.header)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tc.want || strings.Contains(w.Body.String(), token) {
				t.Errorf("%d %s, want %d", w.Code, w.Body, tc.want)
			}
		})
	}
}

// hooksOnly runs the webhook alone, which needs nothing else.
func hooksOnly(t *testing.T) Options {
	t.Helper()
	o := newWorld(t).options(t)
	o.Services = []string{"webhook"}
	return o
}

// serving runs an app until the test ends, and returns where it is.
func serving(t *testing.T, o Options) Address {
	t.Helper()
	a, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	address, err := ReadAddress(o.DataDir)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func wantStatus(t *testing.T, url string, want int) {
	t.Helper()
	if status, _ := answer(t, url); status != want {
		t.Errorf("%s answers %d, want %d", url, status, want)
	}
}

// TestListenHooks: the address for webhooks answers them and nothing else.
func TestListenHooks(t *testing.T) {
	o := hooksOnly(t)
	o.ListenHooks = "0.0.0.0:0"
	address := serving(t, o)
	for _, path := range []string{"/", "/metrics", "/readyz", "/healthz", "/reports/latest"} {
		wantStatus(t, address.Hooks+path, http.StatusNotFound)
	}
	wantStatus(t, address.Hooks+"/v1/hooks/ci", http.StatusMethodNotAllowed)
	wantStatus(t, address.HTTP+"/v1/hooks/ci", http.StatusMethodNotAllowed)
	wantStatus(t, address.HTTP+"/metrics", http.StatusOK)
}

// TestHooksAlone needs no other listener.
func TestHooksAlone(t *testing.T) {
	o := hooksOnly(t)
	o.Listen, o.ListenHooks = "", "127.0.0.1:0"
	address := serving(t, o)
	if address.HTTP != "" {
		t.Errorf("pages are at %s", address.HTTP)
	}
	wantStatus(t, address.Hooks+"/v1/hooks/ci", http.StatusMethodNotAllowed)
}

// TestListenForAll: where others can come to, a token is asked for, and before that it
// is asked for a token.
func TestListenForAll(t *testing.T) {
	o := hooksOnly(t)
	o.Listen = "0.0.0.0:0"
	_, err := New(t.Context(), o)
	e, ok := errors.AsType[*events.Error](err)
	if !ok || e.Kind != events.KindRefused || !strings.Contains(e.Advice, "--listen-hooks") || !strings.Contains(e.Advice, "--listen-token-file") {
		t.Fatalf("without a token: %v", err)
	}
	o.ListenTokenFile = filepath.Join(t.TempDir(), "token")
	for _, bad := range []string{"", "short", "0123456789abcdef 0123456789abcdef"} {
		if err := os.WriteFile(o.ListenTokenFile, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(t.Context(), o); err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("token %q: %v", bad, err)
		}
	}
	if err := os.WriteFile(o.ListenTokenFile, []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	address := serving(t, o)
	for _, path := range []string{"/", "/metrics", "/readyz", "/healthz", "/reports/latest", "/nope"} {
		wantStatus(t, address.HTTP+path, http.StatusUnauthorized)
	}
	wantStatus(t, address.HTTP+"/v1/hooks/ci", http.StatusMethodNotAllowed)
}
