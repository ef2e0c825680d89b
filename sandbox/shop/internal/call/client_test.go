package call_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/call"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/observe"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/observe/observetest"
)

func client(t *testing.T, url string, try time.Duration) (*call.Client, *prometheus.Registry) {
	t.Helper()
	reg := prometheus.NewRegistry()
	c, err := call.New(call.Config{Peer: "api", URL: url, Try: try, Tries: 3, Pause: time.Millisecond}, reg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, reg
}

// breaking is a handler that cuts the connection of the first n requests, then
// serves.
func breaking(n int64, hits *atomic.Int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if hits.Add(1) <= n {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, `{"sku":"bell"}`)
	})
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func TestRetries(t *testing.T) {
	tests := []struct {
		name    string
		method  string
		broken  int64
		hits    int64
		retries float64
		ok      bool
	}{
		{"served at once", http.MethodGet, 0, 1, 0, true},
		{"idempotent, broken once", http.MethodGet, 1, 2, 1, true},
		{"idempotent, broken twice", http.MethodDelete, 2, 3, 2, true},
		{"idempotent, broken for good", http.MethodGet, 9, 3, 2, false},
		{"not idempotent", http.MethodPost, 1, 1, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var hits atomic.Int64
			c, reg := client(t, serve(t, breaking(tt.broken, &hits)), time.Minute)
			err := c.Do(t.Context(), tt.method, "/", nil, nil)
			if (err == nil) != tt.ok || hits.Load() != tt.hits {
				t.Errorf("error %v after %d tries, want ok %v after %d", err, hits.Load(), tt.ok, tt.hits)
			}
			if err != nil && call.Class(err) != call.Broken {
				t.Errorf("class %s, want %s", call.Class(err), call.Broken)
			}
			if got := observetest.Value(t, reg, "http_client_retries_total", "peer", "api"); got != tt.retries {
				t.Errorf("%g retries counted, want %g", got, tt.retries)
			}
		})
	}
}

func TestAnswersAreNotRetried(t *testing.T) {
	var hits atomic.Int64
	c, reg := client(t, serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		hits.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `{"error":"no cart"}`)
	})), time.Minute)
	err := c.Do(t.Context(), http.MethodGet, "/", nil, nil)
	status, ok := errors.AsType[*call.StatusError](err)
	if !ok || *status != (call.StatusError{Code: 503, Message: "no cart"}) || hits.Load() != 1 {
		t.Errorf("error %v after %d tries, want the 503 after one", err, hits.Load())
	}
	if got := observetest.Value(t, reg, "http_client_requests_total", "code", "503", "method", "GET", "peer", "api"); got != 1 {
		t.Errorf("%g counted, want 1", got)
	}
}

func TestSlowTryIsGivenUp(t *testing.T) {
	var hits atomic.Int64
	release := make(chan struct{})
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if hits.Add(1) == 1 {
			<-release
		}
		_, _ = io.WriteString(w, `{}`)
	}))
	defer close(release)
	c, reg := client(t, url, time.Second)
	if err := c.Do(t.Context(), http.MethodGet, "/", nil, nil); err != nil {
		t.Error(err)
	}
	if got := observetest.Value(t, reg, "http_client_requests_total", "code", call.Timeout, "method", "GET", "peer", "api"); got != 1 {
		t.Errorf("%g timeouts counted, want 1", got)
	}
}

func TestNoConnection(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c, _ := client(t, server.URL, time.Second)
	if err := c.Do(t.Context(), http.MethodGet, "/", nil, nil); call.Class(err) != call.Connect {
		t.Errorf("class %s of %v, want %s", call.Class(err), err, call.Connect)
	}
}

func TestRequestIDTravels(t *testing.T) {
	var got string
	c, _ := client(t, serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = r.Header.Get(observe.Header)
	})), time.Minute)
	if err := c.Do(observe.WithRequestID(t.Context(), "id-1"), http.MethodGet, "/", nil, nil); err != nil {
		t.Fatal(err)
	}
	if got != "id-1" {
		t.Errorf("id %q, want id-1", got)
	}
}

// balancer forwards each connection to the next backend, as kube-proxy does it
// while it has not yet noticed that one is gone.
func balancer(t *testing.T, backends []*httptest.Server) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 0; ; n++ {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { forward(conn, backends[n%len(backends)].Listener.Addr().String()) })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		wg.Wait()
	})
	return "http://" + ln.Addr().String()
}

func forward(conn net.Conn, to string) {
	defer func() { _ = conn.Close() }()
	back, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer func() { _ = back.Close() }()
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = io.Copy(conn, back)
		_ = conn.Close()
	})
	_, _ = io.Copy(back, conn)
	_ = back.Close()
	wg.Wait()
}

func TestLosingOneOfThreeCostsNothing(t *testing.T) {
	var served atomic.Int64
	var pods []*httptest.Server
	for range 3 {
		pod := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			served.Add(1)
			_, _ = io.WriteString(w, `{}`)
		}))
		t.Cleanup(pod.Close)
		pods = append(pods, pod)
	}
	url := balancer(t, pods)
	c, _ := client(t, url, time.Minute)
	t.Cleanup(c.Close) // before the balancer waits for its connections
	var failures, sent atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				if n := sent.Add(1); n == 200 {
					_ = pods[1].Listener.Close()
					pods[1].CloseClientConnections()
				}
				if c.Do(t.Context(), http.MethodGet, "/", nil, nil) != nil {
					failures.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if failures.Load() != 0 || served.Load() < 800 {
		t.Errorf("%d of 800 requests failed, %d served", failures.Load(), served.Load())
	}
}

func TestConfigValidate(t *testing.T) {
	tests := []struct {
		name string
		cfg  call.Config
		want string
	}{
		{"no scheme", call.Config{URL: "api:8080", Try: 1, Tries: 1}, "want http://HOST:PORT"},
		{"no host", call.Config{URL: "http://", Try: 1, Tries: 1}, "want http://HOST:PORT"},
		{"not a URL", call.Config{URL: "http://a b", Try: 1, Tries: 1}, "not a URL"},
		{"no time", call.Config{URL: "http://api", Tries: 1}, "TRY_TIMEOUT"},
		{"no try", call.Config{URL: "http://api", Try: 1}, "TRIES 0"},
		{"too many tries", call.Config{URL: "http://api", Try: 1, Tries: 11}, "TRIES 11"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.cfg.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}
