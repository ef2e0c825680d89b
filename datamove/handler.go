package datamove

import (
	"context"
	"errors"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// group is the name under which every server of datamove shares the work.
const group = "datamove"

func (s *Service) subscribe(ctx context.Context, q *queue) ([]events.Subscribed, error) {
	shared := events.Subscription{Group: group}
	provisioned, err := events.EnvironmentProvisionedTopic.SubscribeWith(ctx, s.deps.Bus, shared, s.onProvisioned)
	if err != nil {
		return nil, err
	}
	started, err := events.CopyStartTopic.SubscribeWith(ctx, s.deps.Bus, shared,
		func(ctx context.Context, m events.Meta, e events.CopyStart) error { return s.onStart(ctx, q, m, e) })
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
	start, err := seedRequest(s.deps.Documents(), e, m)
	if err != nil {
		return s.refuse(ctx, m, refusal(start, e.Seed, err))
	}
	return events.CopyStartTopic.Publish(ctx, s.deps.Bus, s.deps.Stamp.After(m, "seed"), start)
}

// onStart records the request. This is where its document is parsed.
func (s *Service) onStart(ctx context.Context, q *queue, m events.Meta, e events.CopyStart) error {
	doc, err := checkStart(e)
	if err != nil {
		return s.refuse(ctx, m, refusal(e, doc.Metadata.Name, err))
	}
	err = q.Add(ctx, e.ID, m, request{Document: doc, Environment: e.Environment, Provisioned: e.Provisioned})
	switch {
	case err == nil:
		s.deps.Log.Info("copy asked for", "run", e.ID, "env", e.Environment, "event_id", m.ID)
		return nil
	case errors.Is(err, work.ErrForgotten):
		s.deps.Log.Warn("request ignored", "run", e.ID, "event_id", m.ID, "reason", err.Error())
		return nil
	case errors.Is(err, work.ErrLate):
		return s.late(ctx, q, m, e, doc.Metadata.Name)
	case errors.Is(err, work.ErrKnown):
		return nil
	}
	return err
}

// late refuses a request that is too old, unless it was taken when it was not.
func (s *Service) late(ctx context.Context, q *queue, m events.Meta, e events.CopyStart, name string) error {
	_, open := q.Get(ctx, e.ID)
	_, past := q.Past(ctx, e.ID)
	if !errors.Is(open, events.ErrNotFound) || !errors.Is(past, events.ErrNotFound) {
		return unless(events.ErrNotFound, open, past)
	}
	err := events.Errorf(events.KindRefused, "ask again", "the request was made %s, and one is taken for at most %s",
		m.Time.UTC().Format(time.RFC3339), s.deps.Config.MaxAge)
	return s.refuse(ctx, m, refusal(e, name, err))
}

// unless is the first of the errors that is not the one given.
func unless(expected error, errs ...error) error {
	for _, err := range errs {
		if err != nil && !errors.Is(err, expected) {
			return err
		}
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

// refuse publishes that a copy was not accepted.
func (s *Service) refuse(ctx context.Context, m events.Meta, r events.CopyRefused) error {
	s.count(m, outcome{refused: &r})
	return events.CopyRefusedTopic.Publish(ctx, s.deps.Bus, s.deps.Stamp.After(m, "outcome"), r)
}

func refusal(e events.CopyStart, name string, err error) events.CopyRefused {
	refused := events.CopyRefused{
		ID: e.ID, Name: name, Environment: e.Environment, Provisioned: e.Provisioned, Kind: events.KindInternal, Reason: err.Error(),
	}
	if known, ok := errors.AsType[*events.Error](err); ok {
		refused.Kind, refused.Advice = known.Kind, known.Advice
	}
	return refused
}
