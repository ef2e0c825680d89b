package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/events"
)

// Address is where a running server is, for commands on the same machine. It is
// the content of server.json in the data directory.
type Address struct {
	HTTP string `json:"http"`
	PID  int    `json:"pid"`
}

const addressFile = "server.json"

// ReadAddress is the address of the server that was last started with the data
// directory.
func ReadAddress(dataDir string) (Address, error) {
	var address Address
	raw, err := os.ReadFile(filepath.Join(dataDir, addressFile)) //nolint:gosec // our own file
	if err != nil {
		return address, events.Errorf(events.KindUnavailable, "start one with: shakedown up", "find the server: %w", err)
	}
	if err := json.Unmarshal(raw, &address); err != nil {
		return address, fmt.Errorf("read server address: %w", err)
	}
	return address, nil
}

// listenerNeed is the address at which people and CI reach the server.
func listenerNeed() Need {
	return Need{
		Name: "listener",
		Flags: func(flags *pflag.FlagSet, o *Options) {
			flags.StringVar(&o.Listen, "listen", "127.0.0.1:8765", "`address` for webhooks, reports and metrics; port 0 takes a free one")
			flags.StringVar(&o.PublicURL, "public-url", "", "`url` under which people reach the listener")
		},
		Named: func(o Options) bool { return o.Listen != "" },
		Missing: func(service string) error {
			return events.Errorf(events.KindInvalid, "give --listen HOST:PORT", "%s needs an address to listen at, and none is named", service)
		},
	}
}

func (a *App) openListener(ctx context.Context) error {
	if a.options.Listen == "" {
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.options.Listen)
	if err != nil {
		return events.Errorf(events.KindRefused, "choose another address with --listen, such as 127.0.0.1:0", "listen for HTTP: %w", err)
	}
	a.listener = listener
	a.cleanup.add("listener", func(context.Context) error {
		if err := listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	a.mux.Handle("GET /metrics", promhttp.HandlerFor(a.registry, promhttp.HandlerOpts{Registry: a.registry}))
	a.mux.HandleFunc("GET /readyz", a.readyz)
	return a.writeAddress()
}

func (a *App) writeAddress() error {
	raw, err := json.Marshal(Address{HTTP: a.URL(), PID: os.Getpid()})
	if err != nil {
		return fmt.Errorf("encode server address: %w", err)
	}
	if err := os.WriteFile(filepath.Join(a.options.DataDir, addressFile), raw, 0o600); err != nil {
		return fmt.Errorf("write server address: %w", err)
	}
	return nil
}

// URL is the address of the HTTP listener for people, "" when there is none.
func (a *App) URL() string {
	switch {
	case a.options.PublicURL != "":
		return a.options.PublicURL
	case a.listener == nil:
		return ""
	default:
		return "http://" + a.listener.Addr().String()
	}
}

func (a *App) readyz(w http.ResponseWriter, _ *http.Request) {
	select {
	case <-a.ready:
		fmt.Fprintln(w, "ready")
	default:
		http.Error(w, "starting", http.StatusServiceUnavailable)
	}
}

// serve answers HTTP until ctx ends; requests under way get a moment to finish.
func (a *App) serve(ctx context.Context) error {
	if a.listener == nil {
		return nil
	}
	server := &http.Server{
		Handler: a.mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(a.options.Log.Handler(), slog.LevelWarn),
	}
	stopped := make(chan error, 1)
	end := context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout/2)
		defer cancel()
		stopped <- server.Shutdown(ctx)
	})
	err := server.Serve(a.listener)
	if errors.Is(err, http.ErrServerClosed) && !end() {
		return <-stopped
	}
	return fmt.Errorf("serve HTTP: %w", err)
}
