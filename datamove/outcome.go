package datamove

import (
	"context"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// outcome is how a copy that was asked for by event ended: one of the fields is set.
type outcome struct {
	finished *events.CopyFinished
	refused  *events.CopyRefused
}

func finishedCopy(asked row, r Report) outcome {
	finished := events.CopyFinished{
		ID: asked.ID, Name: r.Name, Environment: asked.Body.Environment, Provisioned: asked.Body.Provisioned,
		Verdict: string(r.Verdict), Reason: r.Reason,
		Took: events.Duration(r.Ended.Sub(asked.Asked.Time)),
	}
	for _, p := range r.Parts {
		finished.Bytes += p.Bytes
		for _, u := range p.Units {
			finished.Items += u.Target.Items
		}
	}
	return outcome{finished: &finished}
}

func refusedCopy(asked row, err error) outcome {
	start := events.CopyStart{ID: asked.ID, Environment: asked.Body.Environment, Provisioned: asked.Body.Provisioned}
	refused := refusal(start, asked.Body.Document.Metadata.Name, err)
	return outcome{refused: &refused}
}

// end publishes the outcome and removes the request from the queue.
func (s *Service) end(ctx context.Context, c *claim, o outcome) error {
	asked := c.Row()
	err := c.End(ctx, func(r *row) error { return s.post(r, o) })
	if !c.Row().Ended.IsZero() {
		s.count(asked.Asked, o)
	}
	return err
}

// post puts the event of the outcome into the outbox.
func (s *Service) post(r *row, o outcome) error {
	meta := s.deps.Stamp.After(r.Asked, "outcome")
	if o.refused != nil {
		return work.Post(r, events.CopyRefusedTopic, meta, *o.refused)
	}
	return work.Post(r, events.CopyFinishedTopic, meta, *o.finished)
}

// count takes the outcome of the request into metrics and log.
func (s *Service) count(asked events.Meta, o outcome) {
	if r := o.refused; r != nil {
		s.metrics.outcomes.WithLabelValues(string(Refused)).Inc()
		s.deps.Log.Info("copy refused", "run", r.ID, "env", r.Environment, "event_id", asked.ID, "reason", r.Reason)
		return
	}
	f := o.finished
	s.metrics.outcomes.WithLabelValues(f.Verdict).Inc()
	s.metrics.bytes.Add(float64(f.Bytes))
	s.deps.Log.Info("copy ended", "run", f.ID, "env", f.Environment, "event_id", asked.ID, "verdict", f.Verdict, "reason", f.Reason)
}
