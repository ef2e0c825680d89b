package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/provisioner"
)

// served are the clusters of a server.
type served struct {
	session *kit.Session
	id      func() string
}

var _ Clusters = served{}

// List asks for all clusters.
func (s served) List(ctx context.Context) ([]provisioner.Status, error) {
	answer, err := kit.Ask(ctx, s.session, events.ClusterListCall, events.Nothing{})
	all := make([]provisioner.Status, 0, len(answer.Clusters))
	for _, one := range answer.Clusters {
		all = append(all, provisioner.StatusOf(one))
	}
	return all, err
}

// Plan asks what a create would do.
func (s served) Plan(ctx context.Context, d provisioner.Document) ([]provisioner.PlanStep, error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("encode cluster %s: %w", d.Metadata.Name, err)
	}
	answer, err := kit.Ask(ctx, s.session, events.ClusterPlanCall, events.ClusterPlan{Name: d.Metadata.Name, Spec: raw})
	steps := make([]provisioner.PlanStep, 0, len(answer.Steps))
	for _, one := range answer.Steps {
		steps = append(steps, provisioner.PlanStep{
			Action: provisioner.Action(one.Action), Cluster: d.Metadata.Name, Driver: d.Spec.Driver, Why: one.Why,
		})
	}
	return steps, err
}

// Show asks for one cluster.
func (s served) Show(ctx context.Context, name string) (provisioner.Status, error) {
	answer, err := kit.Ask(ctx, s.session, events.ClusterShowCall, events.ClusterQuery{Name: name})
	return provisioner.StatusOf(answer.Cluster), err
}

// Create asks for a cluster and follows the request to its end.
func (s served) Create(
	ctx context.Context, d provisioner.Document, o provisioner.CreateOptions, p provisioner.Progress,
) (provisioner.Status, error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return provisioner.Status{}, fmt.Errorf("encode cluster %s: %w", d.Metadata.Name, err)
	}
	request := events.ClusterCreate{Name: d.Metadata.Name, Spec: raw, Retain: o.Retain}
	end, err := follow(ctx, s, events.ClusterCreateTopic, request.Name, request, p)
	return provisioner.StatusOf(end), err
}

// Destroy asks for the end of a cluster and follows the request to its end.
func (s served) Destroy(ctx context.Context, name string, p provisioner.Progress) error {
	_, err := follow(ctx, s, events.ClusterDestroyTopic, name, events.ClusterDestroy{Name: name, Reason: "asked"}, p)
	return err
}

// follow publishes a request and shows its progress until it has ended. The cluster is
// that of a create.
func follow[T any](
	ctx context.Context, s served, topic events.Topic[T], name string, request T, p provisioner.Progress,
) (events.Cluster, error) {
	meta := s.session.Stamp.First(name + "-" + s.id())
	f := follower{steps: p, started: map[string]bool{}}
	next := kit.Onward{What: "cluster " + name, Follow: "shakedown cluster show " + name, End: "shakedown cluster destroy " + name}
	err := s.session.Follow(ctx, meta.Correlation, next, func(ctx context.Context) error {
		return topic.Publish(ctx, s.session.Bus, meta, request)
	}, f.see)
	return f.cluster, errors.Join(err, f.failure)
}

// follower shows the events of one request.
type follower struct {
	steps   provisioner.Progress
	started map[string]bool
	cluster events.Cluster
	failure error
}

// see shows an event, and reports whether the request has ended with it.
func (f *follower) see(e events.Envelope) bool {
	switch e.Type {
	case events.ClusterProgressedTopic.Type():
		_, progressed, err := events.ClusterProgressedTopic.Parse(e)
		if f.failure = errors.Join(err, superseded(progressed)); f.failure == nil {
			f.progress(progressed)
		}
	case events.ClusterReadyTopic.Type():
		_, ready, err := events.ClusterReadyTopic.Parse(e)
		f.cluster, f.failure = ready.Cluster, err
		return true
	case events.ClusterFailedTopic.Type():
		_, failed, err := events.ClusterFailedTopic.Parse(e)
		if f.failure = err; err == nil {
			f.failure = events.Errorf(failed.Kind, failed.Advice, "%s", failed.Reason)
		}
		return true
	case events.ClusterDestroyedTopic.Type():
		return true
	}
	return f.failure != nil
}

// progress shows how far a step is. Its beginning may have been left out.
func (f *follower) progress(e events.ClusterProgressed) {
	if !f.started[e.Step] {
		f.started[e.Step] = true
		f.steps.StepStarted(e.Step)
	}
	switch {
	case e.Ended && e.Problem != "":
		f.steps.StepEnded(e.Step, errors.New(e.Problem))
	case e.Ended:
		f.steps.StepEnded(e.Step, nil)
	case e.Message != "":
		f.steps.StepNote(e.Step, e.Message)
	}
	if e.Ended {
		delete(f.started, e.Step)
	}
}

// superseded is the error of a request that a later one has replaced.
func superseded(e events.ClusterProgressed) error {
	if e.Step != events.StepSuperseded {
		return nil
	}
	return events.Errorf(events.KindRefused, "shakedown cluster show "+e.Name,
		"cluster %s: %s", e.Name, e.Message)
}
