package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/natsbus"
)

// stopTimeout bounds Stop.
const stopTimeout = 20 * time.Second

// App is the services of one process.
type App struct {
	options Options
	owner   string
	// installation is the id of all servers and commands that share the store.
	installation string
	bus          *natsbus.Bus
	kube         *rest.Config
	registry     *prometheus.Registry
	cleanup      cleanup
	// services are those that run, states says so of all.
	services []Service
	states   []events.ServiceState
	parts    []part
	listener net.Listener
	// endpoints are all listeners; mux has what only people here may see, hooks what signs
	// for itself.
	endpoints  []endpoint
	mux, hooks *http.ServeMux
	ready      chan struct{}
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
	a := &App{options: o, registry: prometheus.NewRegistry(), ready: make(chan struct{}), mux: http.NewServeMux(), hooks: http.NewServeMux()}
	a.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, setup := range []func(context.Context) error{
		a.openChoice, a.openDataDir, a.openBus, a.openInstallation, a.openStore, a.openStates, a.openListener,
		a.openCluster, a.openServices, a.openPages, a.preflight,
	} {
		if err := setup(ctx); err != nil {
			return nil, errors.Join(err, a.Stop(ctx))
		}
	}
	return a, nil
}

// openServices joins the services that run.
func (a *App) openServices(ctx context.Context) error {
	for _, s := range a.services {
		opened, err := s.open(ctx, a)
		if err != nil {
			return err
		}
		if opened != nil {
			a.parts = append(a.parts, part{name: s.Name, run: opened.Run, ready: opened.Ready()})
		}
	}
	a.refuseHooks()
	return nil
}

// stamp makes times and ids of the events of a service.
func (a *App) stamp(service string) events.Stamp {
	return events.Stamp{Source: service, Now: a.options.Now, NewID: a.options.NewID}
}

// checkpoint passes the steps of a service to the test that asked for them.
func (a *App) checkpoint(service string) func(string) {
	if a.options.Checkpoint == nil {
		return nil
	}
	return func(step string) { a.options.Checkpoint(service + "/" + step) }
}

// Ready is closed once every service takes work.
func (a *App) Ready() <-chan struct{} { return a.ready }

// Run runs the services until ctx ends, one of them fails, or NATS does not let us in any
// more, and stops them one after the other, the last first: experiments end their faults
// while chaos is still there to revert them.
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
	for _, d := range a.endpoints {
		group.Go(func() error { return a.serve(running, d) })
	}
	group.Go(func() error { return a.settle(running) })
	group.Go(func() error { return a.keepBus(running) })
	return errors.Join(a.cause(group.Wait()), a.Stop(ctx))
}

// settle says that the app is ready once every service takes work.
func (a *App) settle(ctx context.Context) error {
	for _, p := range a.parts {
		select {
		case <-p.ready:
		case <-ctx.Done():
			return nil
		}
	}
	if a.options.Settled != nil {
		a.options.Settled()
	}
	close(a.ready)
	return nil
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
