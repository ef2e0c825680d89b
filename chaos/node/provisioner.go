package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/events"
)

// Provisioner is the Power that asks the provisioner.
type Provisioner struct {
	Caller events.Caller
	Stamp  events.Stamp
	// Server is the address of the cluster's API server.
	Server string
}

var _ Power = Provisioner{}

// Cluster finds the cluster by the address of its API server.
func (p Provisioner) Cluster(ctx context.Context) (events.Cluster, error) {
	answer, err := events.ClusterListCall.Ask(ctx, p.Caller, p.Stamp.First("node"), events.Nothing{})
	if err != nil {
		return events.Cluster{}, err
	}
	return clusterAt(answer.Clusters, p.Server)
}

// clusterAt is the one that has the API server. Of several those with switches count; where
// two have, nobody can tell whose machine a name is.
func clusterAt(clusters []events.Cluster, server string) (events.Cluster, error) {
	found := slices.DeleteFunc(slices.Clone(clusters), func(c events.Cluster) bool { return address(c.Server) != address(server) })
	slices.SortStableFunc(found, func(a, b events.Cluster) int {
		switch {
		case a.Switch == b.Switch:
			return 0
		case a.Switch:
			return -1
		}
		return 1
	})
	switch {
	case len(found) == 0:
		return events.Cluster{}, fmt.Errorf("it has no cluster with the API server %s", server)
	case len(found) > 1 && found[1].Switch:
		return events.Cluster{}, fmt.Errorf("its clusters %s and %s have the same API server %s", found[0].Name, found[1].Name, server)
	}
	return found[0], nil
}

// address is a URL without what is the same for all.
func address(server string) string {
	return strings.TrimSuffix(strings.TrimPrefix(server, "https://"), "/")
}

// Powered asks for the node's machine.
func (p Provisioner) Powered(ctx context.Context, cluster, node string) (bool, error) {
	answer, err := events.ClusterShowCall.Ask(ctx, p.Caller, p.Stamp.First("node"), events.ClusterQuery{Name: cluster})
	if err != nil {
		return false, known(err)
	}
	i := slices.IndexFunc(answer.Cluster.Nodes, func(n events.ClusterNode) bool { return n.Name == node })
	if i < 0 {
		return false, fmt.Errorf("node %s of cluster %s: %w", node, cluster, chaos.ErrGone)
	}
	return answer.Cluster.Nodes[i].Powered, nil
}

// Off switches the machine off. The provisioner does not do so after our time to act.
func (p Provisioner) Off(ctx context.Context, cluster, node, reason string) (changed bool, err error) {
	until, bounded := ctx.Deadline()
	if !bounded {
		return false, chaos.Untouched(errors.New("nothing says until when the node may be switched off"))
	}
	return p.set(ctx, events.NodePower{Cluster: cluster, Node: node, Reason: reason, Deadline: until})
}

// On switches the machine on.
func (p Provisioner) On(ctx context.Context, cluster, node, reason string) error {
	_, err := p.set(ctx, events.NodePower{Cluster: cluster, Node: node, On: true, Reason: reason, Deadline: p.Stamp.Now().Add(time.Minute)})
	return err
}

func (p Provisioner) set(ctx context.Context, ask events.NodePower) (changed bool, err error) {
	if err := events.CheckFence(ctx); err != nil {
		return false, chaos.Untouched(err)
	}
	answer, err := events.NodePowerCall.Ask(ctx, p.Caller, p.Stamp.First(ask.Cluster), ask)
	return answer.Changed, known(err)
}

// known gives an error of the provisioner the name that chaos knows it by.
func known(err error) error {
	switch events.KindOf(err) { //nolint:exhaustive // others stay as they are
	case events.KindNotFound:
		return fmt.Errorf("%w: %w", chaos.ErrGone, err)
	case events.KindRefused, events.KindInvalid:
		return fmt.Errorf("%w: %w", chaos.ErrForbidden, err)
	}
	return err
}
