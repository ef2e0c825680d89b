package provisioner

import (
	"context"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// StepSuperseded is the step of cluster.progressed that says that a later request for
// the cluster is worked on instead. The earlier one has no other outcome.
const StepSuperseded = "superseded"

// superseded publishes that a later request has taken the place of this one. Said
// again it has the same id.
func (s *Service) superseded(ctx context.Context, name string, asked events.Meta) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTime)
	defer cancel()
	e := events.ClusterProgressed{
		Name: name, Step: StepSuperseded, Message: "a later request for the cluster is worked on instead", Ended: true,
	}
	if err := events.ClusterProgressedTopic.Publish(ctx, s.deps.Bus, s.deps.Stamp.After(asked, StepSuperseded), e); err != nil {
		s.deps.Log.Debug("progress was not published", "cluster", name, "error", err)
	}
}

// publishTime bounds the publishing of progress, also after the work was cancelled.
const publishTime = 5 * time.Second

// publisher is a Progress that publishes each step, the newest of it, now and then.
type publisher struct {
	name     string
	reporter *work.Reporter[events.ClusterProgressed]
}

var _ Progress = publisher{}

// publisher publishes the progress of a request until it is closed.
func (s *Service) publisher(ctx context.Context, row work.Row[request]) publisher {
	r := work.NewReporter(s.deps.Config.ProgressEvery, func(e events.ClusterProgressed) {
		m := s.deps.Stamp.First(row.Asked.Correlation)
		m.Causation = row.Asked.ID
		if err := events.ClusterProgressedTopic.Publish(ctx, s.deps.Bus, m, e); err != nil {
			s.deps.Log.Debug("progress was not published", "cluster", e.Name, "error", err)
		}
	})
	return publisher{name: row.ID, reporter: r}
}

// StepStarted implements Progress.
func (p publisher) StepStarted(step string) {
	p.reporter.Report(step, events.ClusterProgressed{Name: p.name, Step: step})
}

// StepNote implements Progress.
func (p publisher) StepNote(step, note string) {
	p.reporter.Report(step, events.ClusterProgressed{Name: p.name, Step: step, Message: note})
}

// StepEnded implements Progress.
func (p publisher) StepEnded(step string, err error) {
	e := events.ClusterProgressed{Name: p.name, Step: step, Ended: true}
	if err != nil {
		e.Problem = err.Error()
	}
	p.reporter.Report(step, e)
}

// Close publishes what waits and returns when nothing is published any more.
func (p publisher) Close() { p.reporter.Close() }
