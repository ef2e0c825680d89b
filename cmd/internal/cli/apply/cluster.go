package apply

import (
	"context"
	"fmt"

	"github.com/shakedown-dev/shakedown/cmd/internal/app"
	"github.com/shakedown-dev/shakedown/cmd/internal/cli/cluster"
	"github.com/shakedown-dev/shakedown/cmd/internal/spec"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// document is the cluster that a file asks for.
func document(d spec.Document) (provisioner.Document, error) {
	file, ok := d.Value.(*app.ClusterFile)
	if !ok {
		return provisioner.Document{}, fmt.Errorf("%s: a Cluster is of type %T", d.Where, d.Value)
	}
	return file.WithDefaults(), nil
}

func compareCluster(ctx context.Context, t *target, d spec.Document) (state, error) {
	wanted, err := document(d)
	if err != nil {
		return state{}, err
	}
	var steps []provisioner.PlanStep
	err = cluster.For(ctx, t.d, t.server, wanted, func(c cluster.Clusters) (err error) {
		steps, err = c.Plan(ctx, wanted)
		return err
	})
	if no := refusal(err); no != nil {
		return state{refused: no}, nil
	}
	now := state{exists: len(steps) == 0}
	if len(steps) > 0 {
		now.why = steps[len(steps)-1].Why
	}
	return now, err
}

func hasCluster(ctx context.Context, t *target, d spec.Document) (state, error) {
	err := cluster.With(ctx, t.d, t.server, func(c cluster.Clusters) error {
		_, err := c.Show(ctx, d.Name)
		return err
	})
	if events.KindOf(err) == events.KindNotFound {
		return state{}, nil
	}
	return state{exists: err == nil}, err
}

func applyCluster(ctx context.Context, t *target, d spec.Document) (Outcome, error) {
	wanted, err := document(d)
	if err != nil {
		return Failed, err
	}
	return Done, cluster.For(ctx, t.d, t.server, wanted, func(c cluster.Clusters) error {
		_, err := c.Create(ctx, wanted, provisioner.CreateOptions{}, t.d.Steps())
		return err
	})
}

func removeCluster(ctx context.Context, t *target, d spec.Document) (Outcome, error) {
	return Done, cluster.With(ctx, t.d, t.server, func(c cluster.Clusters) error { return c.Destroy(ctx, d.Name, t.d.Steps()) })
}
