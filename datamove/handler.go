package datamove

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// group is the name under which every server of datamove shares the work.
const group = "datamove"

// begins are the subscriptions.
func (s *Service) begins(q *queue) []events.Begin {
	shared := events.Subscription{Group: group}
	return []events.Begin{
		events.EnvironmentProvisionedTopic.Begin(s.deps.Bus, shared, func(ctx context.Context, m events.Meta, e events.Environment) error {
			return s.onProvisioned(ctx, q, m, e)
		}),
		events.CopyStartTopic.Begin(s.deps.Bus, shared, func(ctx context.Context, m events.Meta, e events.CopyStart) error {
			return s.onStart(ctx, q, m, e)
		}),
	}
}

// onProvisioned asks for the copy that fills a new environment. Called again for
// the same event it asks for the same copy, as long as that surely is remembered.
func (s *Service) onProvisioned(ctx context.Context, q *queue, m events.Meta, e events.Environment) error {
	if e.Seed == "" {
		return nil
	}
	start, err := seedRequest(s.deps.Documents(), e, m)
	if s.age(m) > s.deps.Config.MaxAge {
		err = s.tooLate(m)
	}
	if err != nil {
		return s.refuse(ctx, q, m, refusal(start, e.Seed, err))
	}
	return events.CopyStartTopic.Publish(ctx, s.deps.Bus, s.deps.Stamp.After(m, "seed"), start)
}

// onStart records the request. This is where its document is parsed.
func (s *Service) onStart(ctx context.Context, q *queue, m events.Meta, e events.CopyStart) error {
	doc, err := checkStart(e)
	if err == nil {
		err = s.named(doc, e.Environment)
	}
	if err != nil {
		return s.refuse(ctx, q, m, refusal(e, doc.Metadata.Name, err))
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
		return s.refuse(ctx, q, m, refusal(e, doc.Metadata.Name, s.tooLate(m)))
	case errors.Is(err, work.ErrKnown):
		return nil
	}
	return err
}

func (s *Service) age(m events.Meta) time.Duration { return s.deps.Stamp.Now().Sub(m.Time) }

func (s *Service) tooLate(m events.Meta) error {
	return events.Errorf(events.KindRefused, "ask again", "the request was made %s, and one is taken for at most %s",
		m.Time.UTC().Format(time.RFC3339), s.deps.Config.MaxAge)
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

// named refuses a document that no file of this server has: it names servers, and
// credentials that are sent to them, which whoever publishes an event must not choose.
func (s *Service) named(d Document, environment string) error {
	for _, own := range s.deps.Documents() {
		if sameDocument(d, own) || environment != "" && sameDocument(d, own.For(environment)) {
			return nil
		}
	}
	return events.Errorf(events.KindRefused, "put it into the folder of --specs of every server, or copy by command: shakedown data copy -f FILE",
		"the request has a DataCopy %s that is in no file of this server", d.Metadata.Name)
}

// refuse publishes that a copy was not accepted, unless its request has, will have or
// may have had another outcome.
func (s *Service) refuse(ctx context.Context, q *queue, m events.Meta, r events.CopyRefused) error {
	id := cmp.Or(r.ID, "unnamed-"+events.Digest(m.ID))
	err := q.Refuse(ctx, id, m, func(ctx context.Context) error {
		return events.CopyRefusedTopic.Publish(ctx, s.deps.Bus, s.deps.Stamp.After(m, "outcome"), r)
	})
	switch {
	case errors.Is(err, work.ErrKnown):
		return nil
	case errors.Is(err, work.ErrForgotten):
		s.deps.Log.Warn("request ignored", "run", id, "event_id", m.ID, "reason", err.Error())
		return nil
	case err == nil:
		s.count(m, outcome{refused: &r})
	}
	return err
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
