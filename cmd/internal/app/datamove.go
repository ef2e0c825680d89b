package app

import (
	"context"

	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/datamove"
)

// datamoveService copies data into environments.
func datamoveService() Service {
	return Service{
		Name: "datamove", Summary: "data of environments: copied, masked and compared",
		Kinds: map[string]func() spec.Validator{
			"DataCopy": func() spec.Validator { return &datamove.Document{} },
			"Policy":   func() spec.Validator { return &datamove.PolicyDocument{} },
		},
		open: openDatamove,
	}
}

func openDatamove(_ context.Context, a *App) (runner, error) {
	o := a.options
	var policy datamove.Policy
	for _, d := range spec.Of[*datamove.PolicyDocument](o.Documents) {
		policy = policy.Join(d.Spec.Data)
	}
	var documents []datamove.Document
	for _, d := range spec.Of[*datamove.Document](o.Documents) {
		documents = append(documents, *d)
	}
	copier, err := NewCopier(CopierOptions{
		DataDir: o.DataDir, Env: o.Env, Policy: policy, Version: o.Version,
		Kubeconfig: o.Kubeconfig, Context: o.Context, Log: o.Log, Now: o.Now, NewID: o.NewID,
	})
	if err != nil {
		return nil, err
	}
	return datamove.New(datamove.Deps{
		Bus: a.bus, Store: a.bus, Stamp: a.stamp("datamove"), Log: o.Log, Registerer: a.registry, Owner: a.owner,
		Copier: copier, Documents: func() []datamove.Document { return documents }, Config: datamove.DefaultConfig(),
	})
}
