package app

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments"
	"github.com/shakedown-dev/shakedown/experiments/kube"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	experimentspec "github.com/shakedown-dev/shakedown/experiments/spec"
)

const runService = "experiments"

// experimentsService runs experiments and keeps their records.
func experimentsService() Service {
	config := experiments.DefaultConfig()
	var hosts []string
	return Service{
		Name: runService, Summary: "experiments: hypotheses, runs, verdicts and their records",
		Needs: []Need{clusterNeed(), prometheusNeed()},
		Kinds: map[string]func() spec.Validator{"Experiment": func() spec.Validator { return &ExperimentFile{} }},
		Flags: func(flags *pflag.FlagSet) { probeFlags(flags, &hosts) },
		ServerFlags: func(flags *pflag.FlagSet) {
			flags.IntVar(&config.MaxRuns, "runs-max", config.MaxRuns, "finished runs to keep, with their records; the oldest go first")
			flags.DurationVar(&config.Keep, "runs-keep", config.Keep, "how long finished runs are kept")
		},
		open: func(_ context.Context, a *App) (runner, error) { return openExperiments(a, config, hosts) },
	}
}

// ExperimentFile is an Experiment document whose probes and faults are checked by their
// kinds as soon as the file is read.
type ExperimentFile struct{ experimentspec.Document }

// Validate reports all that is wrong with the document.
func (e *ExperimentFile) Validate() events.Problems {
	return ProbeKinds().ValidateWith(e.Document, faultChecks())
}

// Inline are the parts of the kinds of probes.
func (e *ExperimentFile) Inline() map[string]any { return ProbeKinds().Parts() }

func openExperiments(a *App, config experiments.Config, hosts []string) (runner, error) {
	config.SlowInject = slowInject
	config.OneShot, config.ReadOnly = a.options.OneShot, a.options.Reading
	var cluster *kube.Client
	var probes probe.Table
	if !a.options.Reading {
		var err error
		if cluster, err = kube.New(a.kube); err != nil {
			return nil, fmt.Errorf("open cluster for experiments: %w", err)
		}
		if probes, err = openProbes(a, cluster, hosts); err != nil {
			return nil, err
		}
	}
	var documents []experimentspec.Document
	for _, d := range spec.Of[*ExperimentFile](a.options.Documents) {
		documents = append(documents, d.Document)
	}
	return experiments.New(experiments.Deps{
		Bus: a.bus, Caller: a.bus, Store: a.bus, Stamp: a.stamp("experiments"), Now: a.options.Now,
		Log: a.options.Log, Registerer: a.registry, Owner: a.owner, Probes: probes, Workloads: cluster.Workloads,
		Documents: func() []experimentspec.Document { return documents }, Version: a.options.Version,
		Report: a.reportAddress(), Checkpoint: a.checkpoint("experiments"), Config: config,
	})
}

// reportAddress is where people find the report of a run, nil without a listener.
func (a *App) reportAddress() func(string) string {
	if a.URL() == "" {
		return nil
	}
	return func(run string) string { return a.URL() + "/reports/" + run }
}
