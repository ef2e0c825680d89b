package datamove

import (
	"context"
	"errors"

	"github.com/shakedown-dev/shakedown/events"
)

// group is the name under which every server of datamove shares the work.
const group = "datamove"

func (s *Service) subscribe(ctx context.Context, rows events.Table[request]) ([]events.Subscribed, error) {
	shared := events.Subscription{Group: group}
	provisioned, err := events.EnvironmentProvisionedTopic.SubscribeWith(ctx, s.Bus, shared, s.onProvisioned)
	if err != nil {
		return nil, err
	}
	started, err := events.CopyStartTopic.SubscribeWith(ctx, s.Bus, shared,
		func(ctx context.Context, m events.Meta, e events.CopyStart) error { return s.onStart(ctx, rows, m, e) })
	if err != nil {
		return []events.Subscribed{provisioned}, err
	}
	return []events.Subscribed{provisioned, started}, nil
}

// onProvisioned asks for the copy that fills a new environment. Called again for
// the same event it asks for the same copy.
func (s *Service) onProvisioned(ctx context.Context, m events.Meta, e events.Environment) error {
	if e.Seed == "" {
		return nil
	}
	start, err := seedRequest(s.Documents(), e, m)
	if err != nil {
		return s.refuse(ctx, m, start, e.Seed, err)
	}
	return events.CopyStartTopic.Publish(ctx, s.Bus, s.Stamp.After(m, "seed"), start)
}

// onStart records the request and lets a worker have it.
func (s *Service) onStart(ctx context.Context, rows events.Table[request], m events.Meta, e events.CopyStart) error {
	doc, err := checkStart(e)
	if err != nil {
		return s.refuse(ctx, m, e, doc.Metadata.Name, err)
	}
	err = rows.Create(ctx, events.Key(e.ID), request{Start: e, Asked: m})
	if err != nil && !errors.Is(err, events.ErrExists) {
		return err
	}
	s.Log.Info("copy asked for", "run", e.ID, "env", e.Environment, "event_id", m.ID)
	select {
	case s.kicks <- struct{}{}:
	default: // a scan is due anyway
	}
	return nil
}

func checkStart(e events.CopyStart) (Document, error) {
	const hint = "shakedown schema DataCopy"
	if !events.IsDNSLabel(e.ID) {
		return Document{}, events.Errorf(events.KindInvalid, hint, "the id %q of a copy is not a DNS label", e.ID)
	}
	doc, err := Parse(e.Spec)
	if err != nil {
		return doc, err
	}
	if problems := doc.Validate(); len(problems) > 0 {
		return doc, events.Errorf(events.KindInvalid, hint, "copy %s: %w", doc.Metadata.Name, problems)
	}
	return doc, nil
}

func (s *Service) refuse(ctx context.Context, m events.Meta, e events.CopyStart, name string, err error) error {
	refused := events.CopyRefused{ID: e.ID, Name: name, Environment: e.Environment, Provisioned: e.Provisioned, Kind: events.KindInternal, Reason: err.Error()}
	if known, ok := errors.AsType[*events.Error](err); ok {
		refused.Kind, refused.Advice = known.Kind, known.Advice
	}
	s.metrics.outcomes.WithLabelValues(string(Refused)).Inc()
	s.Log.Info("copy refused", "run", e.ID, "env", e.Environment, "event_id", m.ID, "reason", refused.Reason)
	return events.CopyRefusedTopic.Publish(ctx, s.Bus, s.Stamp.After(m, "outcome"), refused)
}

// finish tells how a copy ended.
func (s *Service) finish(ctx context.Context, req request, r Report) error {
	finished := events.CopyFinished{
		ID: req.Start.ID, Name: r.Name, Environment: req.Start.Environment, Provisioned: req.Start.Provisioned,
		Verdict: string(r.Verdict), Reason: r.Reason,
		Took: events.Duration(r.Ended.Sub(req.Asked.Time)),
	}
	for _, p := range r.Parts {
		finished.Bytes += p.Bytes
		for _, u := range p.Units {
			finished.Items += u.Target.Items
		}
	}
	s.metrics.outcomes.WithLabelValues(string(r.Verdict)).Inc()
	s.metrics.bytes.Add(float64(finished.Bytes))
	s.Log.Info("copy ended", "run", req.Start.ID, "env", req.Start.Environment, "event_id", req.Asked.ID,
		"verdict", string(r.Verdict), "reason", r.Reason)
	return events.CopyFinishedTopic.Publish(ctx, s.Bus, s.Stamp.After(req.Asked, "outcome"), finished)
}
