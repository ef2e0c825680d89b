package provisioner

import (
	"context"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// superseded posts, with a later request, what became of the earlier one.
func (s *Service) superseded(old work.Row[request], next *work.Row[request]) error {
	meta := s.deps.Stamp.After(old.Asked, events.StepSuperseded+"/"+next.Asked.ID)
	return work.Post(next, events.ClusterProgressedTopic, meta, events.ClusterProgressed{
		Name: old.ID, Step: events.StepSuperseded, Message: "a later request for the cluster is worked on instead", Ended: true,
	})
}

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
