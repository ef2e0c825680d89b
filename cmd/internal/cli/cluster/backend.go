package cluster

import (
	"context"
	"errors"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// Clusters are those of a server, or those of this machine.
type Clusters interface {
	Plan(ctx context.Context, d provisioner.Document) ([]provisioner.PlanStep, error)
	Create(ctx context.Context, d provisioner.Document, o provisioner.CreateOptions, p provisioner.Progress) (provisioner.Status, error)
	List(ctx context.Context) ([]provisioner.Status, error)
	Show(ctx context.Context, name string) (provisioner.Status, error)
	Destroy(ctx context.Context, name string, p provisioner.Progress) error
}

// With lets do work on the clusters of the server that runs, or in this process when
// none does.
func With(ctx context.Context, d *kit.Deps, server *kit.Server, do func(Clusters) error) error {
	session, err := d.Running(ctx, server, answers)
	if err != nil {
		return err
	}
	if session == nil {
		return here(d, do)
	}
	err = do(served{session: session, id: d.NewID})
	return errors.Join(err, session.Close())
}

// For is With for a document. The kubeconfig of an existing cluster is a file of this
// machine, so that this process is asked, unless a server was named.
func For(ctx context.Context, d *kit.Deps, server *kit.Server, document provisioner.Document, do func(Clusters) error) error {
	if document.Spec.Driver == provisioner.DriverExisting && !server.Named() {
		return here(d, do)
	}
	return With(ctx, d, server, do)
}

// here lets do work on the clusters of this machine, in this process.
func here(d *kit.Deps, do func(Clusters) error) error {
	own, err := d.Clusters()
	if err != nil {
		return err
	}
	return do(own)
}

// answers asks whether a provisioner is there: its refusal of a name that no cluster
// can have is an answer.
func answers(ctx context.Context, s *kit.Session) error {
	_, err := kit.Ask(ctx, s, events.ClusterShowCall, events.ClusterQuery{})
	if events.KindOf(err) == events.KindInvalid {
		return nil
	}
	return err
}
