package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Config says how to listen and how to stop.
type Config struct {
	// Addr is the listening address, for example ":8080".
	Addr string
	// Warmup is how long the server is up before it is ready, as a service is that
	// loads a cache or opens its database.
	Warmup time.Duration
	// Delay is how long the server keeps serving after it turned unready.
	Delay time.Duration
	// Grace bounds the wait for requests in flight after that.
	Grace time.Duration
}

// DefaultConfig is what the services use when nothing else is said.
func DefaultConfig() Config {
	return Config{Addr: ":8080", Delay: 3 * time.Second, Grace: 10 * time.Second}
}

// Validate reports all problems joined, each naming its setting.
func (c Config) Validate() error {
	var errs []error
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		errs = append(errs, fmt.Errorf("LISTEN_ADDR %q: want host:port or :port", c.Addr))
	}
	if c.Warmup < 0 {
		errs = append(errs, fmt.Errorf("WARMUP %s: must not be negative", c.Warmup))
	}
	if c.Delay < 0 {
		errs = append(errs, fmt.Errorf("SHUTDOWN_DELAY %s: must not be negative", c.Delay))
	}
	if c.Grace <= 0 {
		errs = append(errs, fmt.Errorf("SHUTDOWN_GRACE %s: must be positive", c.Grace))
	}
	return errors.Join(errs...)
}

// Server serves one handler until its context ends. Use it once.
type Server struct {
	cfg      Config
	handler  http.Handler
	log      *slog.Logger
	warm     atomic.Bool
	draining atomic.Bool
}

// New makes a server for handler, which gets every request but the probes'.
func New(cfg Config, handler http.Handler, log *slog.Logger) *Server {
	s := &Server{cfg: cfg, handler: handler, log: log}
	s.warm.Store(cfg.Warmup == 0)
	return s
}

// Listen opens the configured address.
func (s *Server) Listen(ctx context.Context) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", s.cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", s.cfg.Addr, err)
	}
	return ln, nil
}

// Run serves on ln until ctx ends, then drains and shuts down as the package
// comment says. It closes ln. The error is nil after an orderly shutdown.
func (s *Server) Run(ctx context.Context, ln net.Listener) error {
	srv := &http.Server{
		Handler:           s.routes(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	served := make(chan error, 1)
	var wg sync.WaitGroup
	wg.Go(func() { served <- srv.Serve(ln) })
	defer wg.Wait()

	s.log.Info("serving", "addr", ln.Addr().String(), "warmup", s.cfg.Warmup.String())
	warming := time.AfterFunc(s.cfg.Warmup, func() { s.warm.Store(true) })
	defer warming.Stop()
	select {
	case err := <-served:
		return fmt.Errorf("serving on %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	return s.stop(context.WithoutCancel(ctx), srv)
}

func (s *Server) stop(ctx context.Context, srv *http.Server) error {
	s.draining.Store(true)
	s.log.Info("draining", "delay", s.cfg.Delay.String())
	delay := time.NewTimer(s.cfg.Delay)
	defer delay.Stop()
	<-delay.C

	ctx, cancel := context.WithTimeout(ctx, s.cfg.Grace)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("waiting %s for requests in flight: %w", s.cfg.Grace, err), srv.Close())
	}
	s.log.Info("stopped")
	return nil
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("/", s.closing(s.handler))
	return mux
}

func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	if !s.warm.Load() {
		http.Error(w, "warming up", http.StatusServiceUnavailable)
		return
	}
	if s.draining.Load() {
		http.Error(w, "shutting down", http.StatusServiceUnavailable)
		return
	}
	_, _ = fmt.Fprintln(w, "ok")
}

// closing asks clients to open their next connection elsewhere while the
// server drains. Closing idle connections instead would race with requests
// that are already on the wire.
func (s *Server) closing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
