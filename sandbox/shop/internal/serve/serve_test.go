package serve_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/serve"
)

// running is a server under test.
type running struct {
	url    string
	client *http.Client
	stop   context.CancelFunc
	ended  chan error
}

func start(t *testing.T, cfg serve.Config, handler http.HandlerFunc) *running {
	t.Helper()
	s := serve.New(cfg, handler, slog.New(slog.DiscardHandler))
	ln, err := s.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	transport := &http.Transport{}
	r := &running{
		url: "http://" + ln.Addr().String(), client: &http.Client{Transport: transport},
		stop: stop, ended: make(chan error, 1),
	}
	go func() { r.ended <- s.Run(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		transport.CloseIdleConnections()
	})
	return r
}

// get returns the answer with its body already read.
func (r *running) get(path string) (*http.Response, error) {
	resp, err := r.client.Get(r.url + path)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp, err
}

func (r *running) wantStatus(t *testing.T, path string, want int) *http.Response {
	t.Helper()
	resp, err := r.get(path)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != want {
		t.Errorf("%s answers %d, want %d", path, resp.StatusCode, want)
	}
	return resp
}

func (r *running) untilUnready(t *testing.T) {
	t.Helper()
	for {
		resp, err := r.get("/readyz")
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode == http.StatusServiceUnavailable {
			return
		}
	}
}

func config(delay, grace time.Duration) serve.Config {
	return serve.Config{Addr: "127.0.0.1:0", Delay: delay, Grace: grace}
}

func TestRequestsDuringTheDrainSucceed(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	r := start(t, config(2*time.Second, 10*time.Second), func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/slow" {
			close(entered)
			<-release
		}
		fmt.Fprintln(w, "served")
	})
	r.wantStatus(t, "/readyz", http.StatusOK)
	if resp := r.wantStatus(t, "/", http.StatusOK); resp.Close {
		t.Error("the connection is closed before the drain")
	}

	slow := make(chan error, 1)
	go func() {
		resp, err := r.get("/slow")
		if err == nil && resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("status %d", resp.StatusCode)
		}
		slow <- err
	}()
	<-entered
	r.stop()
	r.untilUnready(t)
	r.wantStatus(t, "/livez", http.StatusOK)
	for range 3 {
		if resp := r.wantStatus(t, "/", http.StatusOK); !resp.Close {
			t.Error("a draining server keeps the connection")
		}
	}
	close(release)
	if err := <-slow; err != nil {
		t.Errorf("the request in flight: %v", err)
	}
	if err := <-r.ended; err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if _, err := r.get("/"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after the shutdown: %v, want %v", err, syscall.ECONNREFUSED)
	}
}

func TestRequestInFlightOutlivesTheDelay(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	r := start(t, config(0, 10*time.Second), func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		fmt.Fprintln(w, "served")
	})
	answer := make(chan error, 1)
	go func() {
		_, err := r.get("/")
		answer <- err
	}()
	<-entered
	r.stop()
	for { // until the listener is closed, which is when Shutdown has begun
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err != nil {
			break
		}
		conn.Close()
	}
	close(release)
	if err := errors.Join(<-answer, <-r.ended); err != nil {
		t.Error(err)
	}
}

func TestShutdownIsBounded(t *testing.T) {
	entered := make(chan struct{})
	r := start(t, config(0, 20*time.Millisecond), func(_ http.ResponseWriter, req *http.Request) {
		close(entered)
		<-req.Context().Done()
	})
	answer := make(chan error, 1)
	go func() {
		_, err := r.get("/")
		answer <- err
	}()
	<-entered
	r.stop()
	if err := <-r.ended; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("shutdown: %v, want %v", err, context.DeadlineExceeded)
	}
	if err := <-answer; err == nil {
		t.Error("the request that never ends was answered")
	}
}

func TestListenSaysWhichAddress(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cfg := serve.Config{Addr: taken.Addr().String()}
	_, err = serve.New(cfg, nil, slog.New(slog.DiscardHandler)).Listen(t.Context())
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), cfg.Addr) {
		t.Errorf("error %v, want %v with the address", err, syscall.EADDRINUSE)
	}
}

func TestConfigValidate(t *testing.T) {
	if err := serve.DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	err := serve.Config{Addr: "8080", Delay: -1}.Validate()
	for _, setting := range []string{"LISTEN_ADDR", "SHUTDOWN_DELAY", "SHUTDOWN_GRACE"} {
		if err == nil || !strings.Contains(err.Error(), setting) {
			t.Errorf("error %v does not name %s", err, setting)
		}
	}
}
