package app

import (
	"context"
	"fmt"

	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments"
	"github.com/shakedown-dev/shakedown/experiments/kube"
	"github.com/shakedown-dev/shakedown/experiments/prom"
)

// experimentsService runs experiments and keeps their records.
func experimentsService() Service {
	return Service{
		Name: "experiments", Summary: "experiments: hypotheses, runs, verdicts and their records",
		Needs: []Need{clusterNeed(), prometheusNeed()},
		Kinds: map[string]func() spec.Validator{"Experiment": func() spec.Validator { return &ExperimentFile{} }},
		open:  openExperiments,
	}
}

// ExperimentFile is an Experiment document whose queries are checked by the parser of
// Prometheus as soon as the file is read.
type ExperimentFile struct{ experiments.Document }

// Validate reports all that is wrong with the document.
func (e *ExperimentFile) Validate() events.Problems {
	return e.ValidateWith((&prom.Client{}).CheckQuery)
}

func openExperiments(_ context.Context, a *App) (runner, error) {
	prober, err := prom.New(a.options.Prometheus)
	if err != nil {
		return nil, err
	}
	readiness, err := kube.New(a.kube)
	if err != nil {
		return nil, fmt.Errorf("open cluster for experiments: %w", err)
	}
	var documents []experiments.Document
	for _, d := range spec.Of[*ExperimentFile](a.options.Documents) {
		documents = append(documents, d.Document)
	}
	return experiments.New(experiments.Deps{
		Bus: a.bus, Caller: a.bus, Store: a.bus, Stamp: a.stamp("experiments"), Now: a.options.Now,
		Log: a.options.Log, Registerer: a.registry, Owner: a.owner, Prober: prober, Readiness: readiness,
		Documents: func() []experiments.Document { return documents }, Version: a.options.Version,
		Report: a.reportAddress(), Checkpoint: a.checkpoint("experiments"), Config: experiments.DefaultConfig(),
	})
}

// reportAddress is where people find the report of a run, nil without a listener.
func (a *App) reportAddress() func(string) string {
	if a.URL() == "" {
		return nil
	}
	return func(run string) string { return a.URL() + "/reports/" + run }
}
