package datamove

import (
	"context"
	"fmt"
	"sync"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// progress publishes how far a copy has come, off the way of the work: the newest
// of each unit, every so often.
type progress struct {
	asked    row
	reporter *work.Reporter[events.CopyProgressed]

	mu   sync.Mutex
	step string
}

var _ Progress = (*progress)(nil)

func (s *Service) newProgress(ctx context.Context, asked row) *progress {
	publish := func(p events.CopyProgressed) {
		part := fmt.Sprint("progress/", asked.Lease.Epoch, "/", p.Step, "/", p.Unit, "/", p.Done)
		if err := events.CopyProgressedTopic.Publish(ctx, s.deps.Bus, s.deps.Stamp.After(asked.Asked, part), p); err != nil {
			s.deps.Log.Debug("progress was not published", "run", asked.ID, "error", err)
		}
	}
	return &progress{asked: asked, reporter: work.NewReporter(s.deps.Config.ProgressEvery, publish)}
}

// Step begins a step.
func (p *progress) Step(name string) {
	p.mu.Lock()
	p.step = name
	p.mu.Unlock()
	p.Count("", 0, 0, 0)
}

// Count says how far a unit is.
func (p *progress) Count(unit string, done, total, _ int64) {
	p.mu.Lock()
	step := p.step
	p.mu.Unlock()
	p.reporter.Report(step+"/"+unit, events.CopyProgressed{
		ID: p.asked.ID, Environment: p.asked.Body.Environment, Step: step, Unit: unit, Done: done, Total: total,
	})
}

// close publishes what is pending.
func (p *progress) close() { p.reporter.Close() }
