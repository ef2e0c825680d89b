package provisioner

import (
	"context"
	"errors"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// request is what was asked of a cluster: the body of its row in the queue. Either
// Create or Destroy is set.
type request struct {
	Create  *events.ClusterCreate  `json:"create,omitempty"`
	Destroy *events.ClusterDestroy `json:"destroy,omitempty"`
	// Began reports that a destroy found the cluster and began to remove it.
	Began bool `json:"began,omitempty"`
}

func (r request) verb() string {
	if r.Create != nil {
		return "create"
	}
	return "destroy"
}

// outcome is how a request ended: one of the fields is set.
type outcome struct {
	ready     *events.ClusterReady
	failed    *events.ClusterFailed
	destroyed *events.ClusterDestroyed
}

func (o outcome) word() string {
	switch {
	case o.ready != nil:
		return "ready"
	case o.failed != nil:
		return "failed"
	}
	return "destroyed"
}

// post puts the outcome's event into the row's outbox.
func (o outcome) post(row *work.Row[request], m events.Meta) error {
	switch {
	case o.ready != nil:
		return work.Post(row, events.ClusterReadyTopic, m, *o.ready)
	case o.failed != nil:
		return work.Post(row, events.ClusterFailedTopic, m, *o.failed)
	}
	return work.Post(row, events.ClusterDestroyedTopic, m, *o.destroyed)
}

// failure is the outcome of a request that was not fulfilled.
func failure(name, verb string, err error, remains bool) outcome {
	f := &events.ClusterFailed{Name: name, Verb: verb, Kind: events.KindInternal, Reason: err.Error(), Remains: remains}
	if e, ok := errors.AsType[*events.Error](err); ok {
		f.Kind, f.Advice = e.Kind, e.Advice
	}
	if errors.Is(err, context.DeadlineExceeded) {
		f.Kind = events.KindUnavailable
	}
	return outcome{failed: f}
}

// view is a cluster as others see it.
func view(s Status) events.Cluster {
	c := events.Cluster{
		Name: s.Name, Driver: s.Driver, State: string(s.State), Reason: s.Reason, Version: s.Version, Server: s.Server,
		Switch: s.Switch,
	}
	if !s.Created.IsZero() {
		c.Created = s.Created.Format(time.RFC3339Nano)
	}
	for _, n := range s.Nodes {
		c.Nodes = append(c.Nodes, events.ClusterNode(n))
	}
	return c
}

// StatusOf is the cluster that events and answers speak of.
func StatusOf(c events.Cluster) Status {
	s := Status{
		Name: c.Name, Driver: c.Driver, State: State(c.State), Reason: c.Reason, Version: c.Version, Server: c.Server,
		Switch: c.Switch, Nodes: make([]Node, 0, len(c.Nodes)),
	}
	s.Created, _ = time.Parse(time.RFC3339, c.Created) // "" is a time that is not known
	for _, n := range c.Nodes {
		s.Nodes = append(s.Nodes, Node(n))
	}
	return s
}
