package envs

import (
	"context"
	"errors"

	"github.com/shakedown-dev/shakedown/events"
)

// group is the name under which every server of envs shares the work.
const group = "envs"

// subscribe puts every subscription and every answer in place. What is in place
// already is returned with an error, to be waited for.
func (s *Service) subscribe(ctx context.Context, rows events.Table[request]) ([]events.Subscribed, error) {
	var all []events.Subscribed
	for _, put := range []func() (events.Subscribed, error){
		func() (events.Subscribed, error) {
			return events.BuildSucceededTopic.SubscribeWith(ctx, s.Bus, s.shared(), s.onBuild)
		},
		func() (events.Subscribed, error) {
			return events.EnvironmentCreateTopic.SubscribeWith(ctx, s.Bus, s.shared(),
				func(ctx context.Context, m events.Meta, e events.EnvironmentCreate) error {
					return s.onCreate(ctx, rows, m, e)
				})
		},
		func() (events.Subscribed, error) {
			return events.EnvironmentDestroyTopic.SubscribeWith(ctx, s.Bus, s.shared(),
				func(ctx context.Context, m events.Meta, e events.EnvironmentDestroy) error {
					return s.onDestroy(ctx, rows, m, e)
				})
		},
		func() (events.Subscribed, error) {
			return events.EnvironmentListCall.Answer(ctx, s.Caller, s.Stamp, s.list)
		},
		func() (events.Subscribed, error) {
			return events.EnvironmentShowCall.Answer(ctx, s.Caller, s.Stamp, s.show)
		},
	} {
		one, err := put()
		if err != nil {
			return all, err
		}
		all = append(all, one)
	}
	return all, nil
}

func (s *Service) shared() events.Subscription {
	return events.Subscription{Group: group, Concurrency: s.Config.Parallel}
}

// onBuild turns what CI built into a create, or rejects it. Either has the same
// event ID, so that a build leads to one of them once. The request counts as made
// when CI made it, so that of two builds for one name the later one wins.
func (s *Service) onBuild(ctx context.Context, m events.Meta, b events.BuildSucceeded) error {
	next := s.Stamp.After(m, "taken")
	next.Time = m.Time
	create, err := FromBuild(s.Templates, b)
	if err != nil {
		from := Origin{Template: b.Template, Project: b.Project, Revision: b.Revision}
		return s.reject(ctx, next, rejected(b.Environment, from, err))
	}
	return events.EnvironmentCreateTopic.Publish(ctx, s.Bus, next, create)
}

// onCreate records the request and lets a worker have it.
func (s *Service) onCreate(ctx context.Context, rows events.Table[request], m events.Meta, e events.EnvironmentCreate) error {
	if err := checkCreate(e); err != nil {
		from := Origin{Template: e.Template, Project: e.Project, Revision: e.Revision}
		return s.reject(ctx, s.Stamp.After(m, "outcome"), rejected(e.Name, from, err))
	}
	return s.accept(ctx, rows, request{Name: e.Name, Asked: m, Create: &e})
}

// onDestroy is like onCreate.
func (s *Service) onDestroy(ctx context.Context, rows events.Table[request], m events.Meta, e events.EnvironmentDestroy) error {
	if !events.IsDNSLabel(e.Name) {
		return s.reject(ctx, s.Stamp.After(m, "outcome"), rejected(e.Name, Origin{}, notFound(e.Name)))
	}
	return s.accept(ctx, rows, request{Name: e.Name, Asked: m, Reason: e.Reason})
}

// checkCreate reads and validates the document of a request. Errors: *events.Error
// of KindInvalid.
func checkCreate(e events.EnvironmentCreate) error {
	doc, err := Parse(e.Spec)
	if err != nil {
		return err
	}
	if problems := doc.WithDefaults().Validate(); len(problems) > 0 {
		return events.Errorf(events.KindInvalid, "shakedown schema Environment", "environment %s: %w", e.Name, problems)
	}
	if e.Name != doc.Metadata.Name {
		return events.Errorf(events.KindInvalid, "", "the request is for environment %s and its document for %s", e.Name, doc.Metadata.Name)
	}
	return nil
}

func (s *Service) reject(ctx context.Context, m events.Meta, o outcome) error {
	s.metrics.ended(o)
	s.Log.Info("environment rejected", "env", o.rejected.Name, "event_id", m.Causation, "reason", o.rejected.Reason)
	return events.EnvironmentRejectedTopic.Publish(ctx, s.Bus, m, *o.rejected)
}

func (s *Service) accept(ctx context.Context, rows events.Table[request], asked request) error {
	err := s.record(ctx, rows, asked)
	switch {
	case errors.Is(err, errKnown), errors.Is(err, errLate):
		s.Log.Debug("request ignored", "env", asked.Name, "event_id", asked.Asked.ID, "reason", err.Error())
		return nil
	case err != nil:
		return err
	}
	s.Log.Info("request taken", "verb", asked.verb(), "env", asked.Name, "event_id", asked.Asked.ID)
	s.kick(ctx, asked.Name)
	return nil
}
