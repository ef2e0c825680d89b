package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/envs/kube"
)

// envsService brings environments up and watches them.
func envsService() Service {
	return Service{
		Name: "envs", Summary: "environments: namespaces with given component versions",
		Needs: []Need{clusterNeed()},
		Kinds: map[string]func() spec.Validator{"Environment": func() spec.Validator { return &envs.Document{} }},
		open:  openEnvs,
	}
}

func openEnvs(_ context.Context, a *App) (runner, error) {
	cluster, err := kube.New(a.kube)
	if err != nil {
		return nil, fmt.Errorf("open cluster for envs: %w", err)
	}
	templates := map[string]envs.Document{}
	for _, d := range spec.Of[*envs.Document](a.options.Documents) {
		templates[d.Metadata.Name] = *d
	}
	config := envs.DefaultConfig()
	config.ReadOnly = a.options.Answering
	config.Runs = slices.ContainsFunc(a.services, func(s Service) bool { return s.Name == runService })
	return envs.New(envs.Deps{
		Bus: a.bus, Caller: a.bus, Store: a.bus, Stamp: a.stamp("envs"), Log: a.options.Log, Registerer: a.registry,
		Owner: a.owner, Installation: a.installation, Cluster: cluster, Templates: templates, Config: config,
	})
}
