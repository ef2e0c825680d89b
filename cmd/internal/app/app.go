package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
)

// stopTimeout bounds Stop.
const stopTimeout = 20 * time.Second

// App is the services of one process.
type App struct {
	options  Options
	owner    string
	bus      *natsbus.Bus
	registry *prometheus.Registry
	cleanup  cleanup
	parts    []part
	listener net.Listener
	mux      *http.ServeMux
	ready    chan struct{}
}

// part is a service that runs until its context ends.
type part struct {
	name  string
	run   func(context.Context) error
	ready <-chan struct{}
}

// New joins everything and starts what must be there before the services run:
// the NATS server and the listener. What New started is stopped again when it
// fails. Stop, or the end of Run, stops it otherwise.
func New(ctx context.Context, o Options) (*App, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	a := &App{options: o, registry: prometheus.NewRegistry(), ready: make(chan struct{}), mux: http.NewServeMux()}
	a.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, setup := range []func(context.Context) error{a.openDataDir, a.openBus, a.openListener, a.openServices, a.preflight} {
		if err := setup(ctx); err != nil {
			return nil, errors.Join(err, a.Stop(ctx))
		}
	}
	return a, nil
}

// openDataDir makes the data directory and the name by which this server holds
// leases: it stays the same over restarts, so that what a dead process held is
// taken over at once.
func (a *App) openDataDir(context.Context) error {
	if err := os.MkdirAll(a.options.DataDir, 0o700); err != nil {
		return events.Errorf(events.KindInternal, "choose another folder with --data-dir", "make data directory: %w", err)
	}
	if a.options.NATS.URL != "" {
		a.owner = a.options.NewID()
		return nil
	}
	owner, err := stableID(filepath.Join(a.options.DataDir, "owner"), a.options.NewID)
	a.owner = owner
	return err
}

func stableID(path string, newID func() string) (string, error) {
	if raw, err := os.ReadFile(path); err == nil && len(raw) > 0 { //nolint:gosec // our own file
		return string(raw), nil
	}
	id := newID()
	if err := os.WriteFile(path, []byte(id), 0o600); err != nil {
		return "", fmt.Errorf("write server id: %w", err)
	}
	return id, nil
}

func (a *App) openBus(ctx context.Context) error {
	access := a.options.NATS
	if access.URL == "" {
		server, err := natsbus.StartEmbedded(ctx, natsbus.Embedded{Dir: a.options.DataDir, Log: a.options.Log})
		if err != nil {
			return err
		}
		a.cleanup.add("nats server", server.Stop)
		access = server.Access()
	}
	metrics, err := busMetrics(a.registry)
	if err != nil {
		return err
	}
	a.bus, err = natsbus.Connect(ctx, natsbus.Config{Access: access, Name: "shakedown", Log: a.options.Log, Metrics: metrics})
	if err != nil {
		return err
	}
	a.cleanup.add("nats connection", func(context.Context) error { return a.bus.Close() })
	return nil
}

// Bus is the connection that the services use.
func (a *App) Bus() *natsbus.Bus { return a.bus }

// Ready is closed once every service takes work.
func (a *App) Ready() <-chan struct{} { return a.ready }

// Run runs the services until ctx ends or one of them fails, and stops them one
// after the other, the last first: experiments end their faults while chaos is
// still there to revert them.
func (a *App) Run(ctx context.Context) error {
	group, running := errgroup.WithContext(ctx)
	var stops []func()
	for _, p := range a.parts {
		stops = append(stops, p.begin(context.WithoutCancel(ctx), group))
	}
	group.Go(func() error {
		<-running.Done()
		for _, stop := range slices.Backward(stops) {
			stop()
		}
		return nil
	})
	group.Go(func() error { return a.serve(running) })
	group.Go(func() error {
		for _, p := range a.parts {
			select {
			case <-p.ready:
			case <-running.Done():
				return nil
			}
		}
		close(a.ready)
		return nil
	})
	err := group.Wait()
	return errors.Join(err, a.Stop(ctx))
}

// begin runs the part in the group; the function that it returns ends it and waits.
func (p part) begin(ctx context.Context, group *errgroup.Group) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	group.Go(func() error {
		defer close(done)
		if err := p.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		return nil
	})
	return func() { cancel(); <-done }
}

// Stop ends what New started. It may be called again, and before Run.
func (a *App) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return a.cleanup.run(ctx)
}
