package load_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/load"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/observe"
)

func TestRealRequestsAreCounted(t *testing.T) {
	var hits atomic.Int64
	remotes := sync.Map{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(observe.Header) != "visitor" {
			t.Errorf("request id %q", r.Header.Get(observe.Header))
		}
		remotes.Store(r.RemoteAddr, true)
		switch hits.Add(1) % 4 {
		case 1:
			_, _ = io.WriteString(w, "page")
		case 2:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 3: // half an answer is none
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
			panic(http.ErrAbortHandler)
		default:
			<-r.Context().Done() // until the visitor gives up
		}
	}))
	defer server.Close()

	cfg := load.Config{Target: server.URL, RPS: 40, Timeout: time.Second, Duration: time.Second}
	reg := prometheus.NewRegistry()
	send, release := load.HTTP(cfg, func() string { return "visitor" })
	defer release()
	load.New(cfg, send, load.NewMetrics(reg), slog.New(slog.DiscardHandler)).Run(t.Context())

	want := map[string]float64{"200": 10, "503": 10, "error": 10, "timeout": 10}
	if diff := cmp.Diff(want, counts(t, reg, usual()...)); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	connections := 0
	remotes.Range(func(any, any) bool { connections++; return true })
	if connections != 40 {
		t.Errorf("%d connections for 40 visitors", connections)
	}
}

func TestKeepAliveReusesConnections(t *testing.T) {
	remotes := sync.Map{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		remotes.Store(r.RemoteAddr, true)
	}))
	defer server.Close()
	send, release := load.HTTP(load.Config{Target: server.URL, RPS: 1, Timeout: time.Minute, KeepAlive: true}, func() string { return "v" })
	defer release()
	for range 5 {
		if _, err := send(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	connections := 0
	remotes.Range(func(any, any) bool { connections++; return true })
	if connections != 1 {
		t.Errorf("%d connections, want 1", connections)
	}
}

func TestNobodyListens(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	cfg := load.Config{Target: fmt.Sprintf("http://%s", net.JoinHostPort("localhost", target.Port())), RPS: 10, Timeout: time.Second, Duration: 200 * time.Millisecond}
	reg := prometheus.NewRegistry()
	send, release := load.HTTP(cfg, func() string { return "v" })
	defer release()
	load.New(cfg, send, load.NewMetrics(reg), slog.New(slog.DiscardHandler)).Run(context.Background())
	if diff := cmp.Diff(map[string]float64{"connect": 2}, counts(t, reg, usual()...)); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}
