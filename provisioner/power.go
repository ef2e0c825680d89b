package provisioner

import (
	"context"
	"slices"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

func withSwitch(d Driver, s Status) Status {
	_, s.Switch = d.(Switch)
	return s
}

// Power switches the machine of a node on or off, and returns false when it was so
// already. Errors: *events.Error of KindRefused when its driver has no switch, of
// KindNotFound when there is no such cluster or node.
func (c *Clusters) Power(ctx context.Context, cluster, node string, on bool) (changed bool, err error) {
	driver, status, err := c.existing(ctx, cluster)
	if err != nil {
		return false, err
	}
	power, has := driver.(Switch)
	if !has {
		return false, events.Errorf(events.KindRefused, "shakedown cluster list",
			"driver %s of cluster %s has no power switch for its nodes", driver.Name(), cluster)
	}
	i := slices.IndexFunc(status.Nodes, func(n Node) bool { return n.Name == node })
	switch {
	case i < 0:
		return false, events.Errorf(events.KindNotFound, "shakedown cluster show "+cluster, "cluster %s has no node %s", cluster, node)
	case status.Nodes[i].Powered == on:
		return false, nil
	case on:
		return true, power.PowerOn(ctx, cluster, node)
	}
	return true, power.PowerOff(ctx, cluster, node)
}

// power answers for one node. Nothing is switched after the deadline of the request, nor
// when the duty went to another server.
func (s *Service) power(ctx context.Context, e events.NodePower) (events.NodePowerAnswer, error) {
	late := func() error {
		if now := s.deps.Stamp.Now(); !now.Before(e.Deadline) {
			return events.Errorf(events.KindRefused, "", "node %s of cluster %s was to be switched until %s, and it is %s",
				e.Node, e.Cluster, e.Deadline.UTC().Format(time.RFC3339Nano), now.UTC().Format(time.RFC3339Nano))
		}
		return events.CheckFence(ctx)
	}
	if err := late(); err != nil {
		return events.NodePowerAnswer{}, err
	}
	changed, err := s.deps.Clusters.Power(events.WithFence(ctx, late), e.Cluster, e.Node, e.On)
	if err == nil && changed {
		s.deps.Log.InfoContext(ctx, "node switched", "cluster", e.Cluster, "node", e.Node, "on", e.On, "reason", e.Reason)
	}
	return events.NodePowerAnswer{Changed: changed}, err
}
