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

// answer is what a test wants to know of one.
type answer struct {
	status int
	// last says that the server closes the connection.
	last bool
}

func (r *running) get(path string) (answer, error) {
	resp, err := r.client.Get(r.url + path)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return answer{resp.StatusCode, resp.Close}, err
}

func (r *running) want(t *testing.T, path string, want answer) {
	t.Helper()
	got, err := r.get(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("%s answers %+v, want %+v", path, got, want)
	}
}

func (r *running) untilUnready(t *testing.T) {
	t.Helper()
	for {
		got, err := r.get("/readyz")
		if err != nil {
			t.Fatal(err)
		}
		if got.status == http.StatusServiceUnavailable {
			return
		}
	}
}

func TestReadyAfterTheWarmup(t *testing.T) {
	const warmup = 300 * time.Millisecond
	began := time.Now()
	r := start(t, serve.Config{Addr: "127.0.0.1:0", Warmup: warmup, Grace: time.Second}, nil)
	r.want(t, "/livez", answer{http.StatusOK, false})
	r.want(t, "/readyz", answer{http.StatusServiceUnavailable, false})
	for {
		got, err := r.get("/readyz")
		if err != nil {
			t.Fatal(err)
		}
		if got.status == http.StatusOK {
			break
		}
	}
	if took := time.Since(began); took < warmup {
		t.Errorf("ready after %s, before the warm-up of %s was over", took, warmup)
	}
	r.stop()
	if err := <-r.ended; err != nil {
		t.Errorf("shutdown: %v", err)
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
		_, _ = fmt.Fprintln(w, "served")
	})
	r.want(t, "/readyz", answer{http.StatusOK, false})
	r.want(t, "/", answer{http.StatusOK, false})

	slow := make(chan error, 1)
	go func() {
		got, err := r.get("/slow")
		if err == nil && got.status != http.StatusOK {
			err = fmt.Errorf("status %d", got.status)
		}
		slow <- err
	}()
	<-entered
	r.stop()
	r.untilUnready(t)
	r.want(t, "/livez", answer{http.StatusOK, false})
	for range 3 {
		r.want(t, "/", answer{http.StatusOK, true})
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
		_, _ = fmt.Fprintln(w, "served")
	})
	answered := make(chan error, 1)
	go func() {
		_, err := r.get("/")
		answered <- err
	}()
	<-entered
	r.stop()
	for { // until the listener is closed, which is when Shutdown has begun
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	close(release)
	if err := errors.Join(<-answered, <-r.ended); err != nil {
		t.Error(err)
	}
}

func TestShutdownIsBounded(t *testing.T) {
	entered := make(chan struct{})
	r := start(t, config(0, 20*time.Millisecond), func(_ http.ResponseWriter, req *http.Request) {
		close(entered)
		<-req.Context().Done()
	})
	answered := make(chan error, 1)
	go func() {
		_, err := r.get("/")
		answered <- err
	}()
	<-entered
	r.stop()
	if err := <-r.ended; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("shutdown: %v, want %v", err, context.DeadlineExceeded)
	}
	if err := <-answered; err == nil {
		t.Error("the request that never ends was answered")
	}
}

func TestListenSaysWhichAddress(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
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
