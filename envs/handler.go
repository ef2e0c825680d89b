package envs

import (
	"context"
	"errors"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// group is the name under which every server of envs shares the work.
const group = "envs"

// requests are the subscriptions and the answers that change something.
func (s *Service) requests(q *queue) []events.Begin {
	d, shared := s.deps, events.Subscription{Group: group, Concurrency: s.deps.Config.Parallel}
	return []events.Begin{
		events.BuildSucceededTopic.Begin(d.Bus, shared, unrejected(q, s.onBuild)),
		events.EnvironmentCreateTopic.Begin(d.Bus, shared, unrejected(q, s.onCreate)),
		events.EnvironmentDestroyTopic.Begin(d.Bus, shared, unrejected(q, s.onDestroy)),
		events.CopyFinishedTopic.Begin(d.Bus, shared, with(q, s.onCopyFinished)),
		events.CopyRefusedTopic.Begin(d.Bus, shared, with(q, s.onCopyRefused)),
		events.EnvironmentExtendCall.Begin(d.Caller, d.Stamp, withQueue(q, s.extend)),
		events.EnvironmentAdoptCall.Begin(d.Caller, d.Stamp, withQueue(q, s.adopt)),
	}
}

// questions are the answers that change nothing.
func (s *Service) questions(q *queue) []events.Begin {
	d := s.deps
	return []events.Begin{
		events.EnvironmentDiffCall.Begin(d.Caller, d.Stamp, withQueue(q, s.diff)),
		events.EnvironmentListCall.Begin(d.Caller, d.Stamp, withQueue(q, s.list)),
		events.EnvironmentShowCall.Begin(d.Caller, d.Stamp, withQueue(q, s.show)),
	}
}

// with is a handler that has the queue of requests.
func with[T any](
	q *queue, handle func(context.Context, *queue, events.Meta, T) error,
) func(context.Context, events.Meta, T) error {
	return func(ctx context.Context, m events.Meta, e T) error { return handle(ctx, q, m, e) }
}

// withQueue is the answer of a call that has the queue of requests.
func withQueue[Req, Resp any](
	q *queue, answer func(context.Context, *queue, Req) (Resp, error),
) func(context.Context, Req) (Resp, error) {
	return func(ctx context.Context, r Req) (Resp, error) { return answer(ctx, q, r) }
}

// onBuild turns what CI built into a create, or rejects it. Either has the same
// event ID, so that a build leads to one of them once. The request counts as made
// when CI made it, so that of two builds for one name the later one wins.
func (s *Service) onBuild(ctx context.Context, q *queue, m events.Meta, b events.BuildSucceeded) error {
	next := s.deps.Stamp.After(m, "taken")
	next.Time = m.Time
	create, err := FromBuild(s.deps.Templates, b)
	if err != nil {
		from := Origin{Template: b.Template, Project: b.Project, Revision: b.Revision}
		return s.reject(ctx, q, m, next, rejected(b.Environment, from, err))
	}
	return events.EnvironmentCreateTopic.Publish(ctx, s.deps.Bus, next, create)
}

// onCreate records the request. This is where its document is parsed.
func (s *Service) onCreate(ctx context.Context, q *queue, m events.Meta, e events.EnvironmentCreate) error {
	from := Origin{Template: e.Template, Project: e.Project, Revision: e.Revision}
	doc, err := requested(e)
	if err != nil {
		return s.rejectRequest(ctx, q, m, rejected(e.Name, from, err))
	}
	return s.accept(ctx, q, e.Name, m, request{Document: &doc, Origin: from})
}

// onDestroy is like onCreate.
func (s *Service) onDestroy(ctx context.Context, q *queue, m events.Meta, e events.EnvironmentDestroy) error {
	if !events.IsDNSLabel(e.Name) {
		return s.rejectRequest(ctx, q, m, rejected(e.Name, Origin{}, notFound(e.Name)))
	}
	return s.accept(ctx, q, e.Name, m, request{Reason: e.Reason, WithForeign: e.WithForeign, Force: e.Force})
}

// requested is the valid document of a request, with its defaults. Errors:
// *events.Error of KindInvalid.
func requested(e events.EnvironmentCreate) (Document, error) {
	doc, err := Parse(e.Spec)
	if err != nil {
		return doc, err
	}
	doc = doc.WithDefaults()
	if problems := doc.Validate(); len(problems) > 0 {
		return doc, events.Errorf(events.KindInvalid, "shakedown schema Environment", "environment %s: %w", e.Name, problems)
	}
	if e.Name != doc.Metadata.Name {
		return doc, events.Errorf(events.KindInvalid, "", "the request is for environment %s and its document for %s", e.Name, doc.Metadata.Name)
	}
	return doc, nil
}

// accept records the request, so that it is worked on.
func (s *Service) accept(ctx context.Context, q *queue, name string, m events.Meta, asked request) error {
	err := s.add(ctx, q, name, m, asked)
	switch {
	case err == nil:
		s.deps.Log.Info("request taken", "verb", asked.verb(), "env", name, "event_id", m.ID)
		return nil
	case errors.Is(err, work.ErrForgotten):
		s.deps.Log.Warn("request ignored", "env", name, "event_id", m.ID, "reason", err.Error())
		return nil
	case errors.Is(err, work.ErrKnown), errors.Is(err, work.ErrOvertaken), errors.Is(err, errBusy):
		s.deps.Log.Debug("request ignored", "env", name, "event_id", m.ID, "reason", err.Error())
		return nil
	case events.KindOf(err) == events.KindRefused:
		return s.rejectRequest(ctx, q, m, rejected(name, asked.Origin, err))
	case !errors.Is(err, work.ErrLate):
		return err
	}
	late := events.Errorf(events.KindRefused, "ask again", "the request was made %s, and one is taken for at most %s",
		m.Time.UTC().Format(time.RFC3339), s.deps.Config.MaxAge)
	return s.rejectRequest(ctx, q, m, rejected(name, asked.Origin, late))
}
