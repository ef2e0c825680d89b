package app

import (
	"context"
	"fmt"

	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/chaos"
	chaoskube "github.com/shakedown-dev/shakedown/chaos/kube"
	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/envs"
	envskube "github.com/shakedown-dev/shakedown/envs/kube"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/webhook"
	"github.com/shakedown-dev/shakedown/experiments"
	"github.com/shakedown-dev/shakedown/experiments/web"
)

// openServices joins the services that were asked for.
func (a *App) openServices(context.Context) error {
	if a.options.needsCluster() {
		config, err := a.options.restConfig()
		if err != nil {
			return err
		}
		for _, open := range []func(*rest.Config) error{a.openEnvs, a.openChaos, a.openExperiments} {
			if err := open(config); err != nil {
				return err
			}
		}
	}
	if err := a.openDatamove(); err != nil {
		return err
	}
	return a.openPages()
}

func (a *App) openDatamove() error {
	if !a.options.runs(ServiceDatamove) {
		return nil
	}
	o := a.options
	copier, err := NewCopier(CopierOptions{
		DataDir: o.DataDir, Env: o.Env, Policy: o.DataPolicy, Version: o.Version,
		Kubeconfig: o.Kubeconfig, Context: o.Context, Log: o.Log, Now: o.Now, NewID: o.NewID,
	})
	if err != nil {
		return err
	}
	s, err := datamove.New(datamove.Deps{
		Bus: a.bus, Store: a.bus, Stamp: a.stamp(ServiceDatamove), Log: o.Log, Registerer: a.registry, Owner: a.owner,
		Copier: copier, Documents: func() []datamove.Document { return o.DataCopies }, Config: datamove.DefaultConfig(),
	})
	if err != nil {
		return err
	}
	a.add(ServiceDatamove, s)
	return nil
}

func (a *App) stamp(source string) events.Stamp {
	return events.Stamp{Source: source, Now: a.options.Now, NewID: a.options.NewID}
}

// service is what every service offers.
type service interface {
	Run(ctx context.Context) error
	Ready() <-chan struct{}
}

func (a *App) add(name string, s service) {
	a.parts = append(a.parts, part{name: name, run: s.Run, ready: s.Ready()})
}

func (a *App) openEnvs(config *rest.Config) error {
	if !a.options.runs(ServiceEnvs) {
		return nil
	}
	cluster, err := envskube.New(config)
	if err != nil {
		return fmt.Errorf("open cluster for envs: %w", err)
	}
	s, err := envs.New(envs.Deps{
		Bus: a.bus, Caller: a.bus, Store: a.bus, Stamp: a.stamp(ServiceEnvs), Log: a.options.Log, Registerer: a.registry,
		Owner: a.owner, Cluster: cluster, Templates: a.options.Templates, Config: envs.DefaultConfig(),
	})
	if err != nil {
		return err
	}
	a.add(ServiceEnvs, s)
	return nil
}

func (a *App) openChaos(config *rest.Config) error {
	if !a.options.runs(ServiceChaos) {
		return nil
	}
	cluster, err := chaoskube.New(config, a.options.Now)
	if err != nil {
		return fmt.Errorf("open cluster for chaos: %w", err)
	}
	s, err := chaos.New(chaos.Deps{
		Config: chaos.Config{AllowedNamespaces: a.options.AllowNamespaces}, Bus: a.bus, Caller: a.bus, Store: a.bus, Stamp: a.stamp(ServiceChaos), Cluster: cluster,
		Owner: a.owner, Log: a.options.Log, Registerer: a.registry, Checkpoint: a.checkpoint(ServiceChaos),
	})
	if err != nil {
		return err
	}
	a.add(ServiceChaos, s)
	return nil
}

func (a *App) openExperiments(config *rest.Config) error {
	if !a.options.runs(ServiceExperiments) {
		return nil
	}
	probes, err := openProbes(a.options.Prometheus, config)
	if err != nil {
		return err
	}
	s, err := experiments.New(experiments.Deps{
		Bus: a.bus, Caller: a.bus, Store: a.bus, Stamp: a.stamp(ServiceExperiments), Now: a.options.Now,
		Log: a.options.Log, Registerer: a.registry, Owner: a.owner, Probes: probes,
		Documents: func() []experiments.Document { return a.options.Experiments }, Version: a.options.Version,
		Report: a.reportAddress(), Checkpoint: a.checkpoint(ServiceExperiments), Config: experiments.DefaultConfig(),
	})
	if err != nil {
		return err
	}
	a.add(ServiceExperiments, s)
	return nil
}

// checkpoint passes the steps of a service to the test that asked for them.
func (a *App) checkpoint(service string) func(string) {
	if a.options.Checkpoint == nil {
		return nil
	}
	return func(step string) { a.options.Checkpoint(service + "/" + step) }
}

func (a *App) reportAddress() func(string) string {
	if a.URL() == "" {
		return nil
	}
	return func(run string) string { return a.URL() + "/reports/" + run }
}

// openPages adds the webhook and the reports to the listener.
func (a *App) openPages() error {
	if a.listener == nil {
		return nil
	}
	if a.options.runs(ServiceWebhook) {
		a.mux.Handle("/v1/hooks/", webhook.New(webhook.Config{
			Bus: a.bus, Secrets: a.options.HookSecrets, Now: a.options.Now, Log: a.options.Log,
		}))
	}
	a.mux.Handle("/", web.New(pages{a}, a.options.Log))
	return nil
}

// pages reads the runs for the web pages, wherever the service that knows them
// runs.
type pages struct{ app *App }

// List returns runs, newest first.
func (p pages) List(ctx context.Context, query events.RunsQuery) ([]events.RunSummary, error) {
	answer, err := events.RunListCall.Ask(ctx, p.app.bus, p.app.stamp("web").First(""), query)
	return answer.Runs, err
}

// Show returns one run record.
func (p pages) Show(ctx context.Context, run string) (experiments.Record, error) {
	answer, err := events.RunShowCall.Ask(ctx, p.app.bus, p.app.stamp("web").First(""), events.RunQuery{Run: run})
	if err != nil {
		return experiments.Record{}, err
	}
	return experiments.ParseRecord(answer.Record)
}
