package notify

import (
	"context"
	"errors"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// group is the name under which every server of notify shares the work.
const group = "notify"

// delivery is one message to one notifier.
type delivery struct {
	Notifier string  `json:"notifier"`
	Message  Message `json:"message"`
}

// begins are the subscriptions.
func (s *Service) begins(q *work.Queue[delivery]) []events.Begin {
	return []events.Begin{
		tell(s, q, events.PlanMadeTopic, ofPlan),
		tell(s, q, events.PlanFailedTopic, ofPlanFailed),
		tell(s, q, events.RunFinishedTopic, ofRun),
		tell(s, q, events.FaultInjectedTopic, ofInjected),
		tell(s, q, events.FaultRevertedTopic, ofReverted),
		tell(s, q, events.StopEngagedTopic, ofStop),
		tell(s, q, events.StopReleasedTopic, ofResume),
	}
}

// tell records the messages that an event leads to.
func tell[T any](s *Service, q *work.Queue[delivery], topic events.Topic[T], messages func(events.Meta, T) []Message) events.Begin {
	return topic.Begin(s.deps.Bus, events.Subscription{Group: group}, func(ctx context.Context, m events.Meta, e T) error {
		for _, message := range messages(m, e) {
			if err := s.record(ctx, q, m, message); err != nil {
				return err
			}
		}
		return nil
	})
}

// record writes a row for each notifier that tells it. Recording again changes nothing.
func (s *Service) record(ctx context.Context, q *work.Queue[delivery], m events.Meta, message Message) error {
	for name, to := range s.targets {
		if !to.document.Spec.wants(message.What) {
			continue
		}
		err := q.Add(ctx, events.Key(name+"_"+m.ID), m, delivery{Notifier: name, Message: message})
		switch {
		case errors.Is(err, work.ErrKnown):
		case errors.Is(err, work.ErrLate), errors.Is(err, work.ErrForgotten):
			s.metrics.ended(name, resultLate)
			s.deps.Log.Warn("message not sent: its event comes too late", "notifier", name, "what", message.What, "event_id", m.ID)
		case err != nil:
			return err
		}
	}
	return nil
}

// deliver sends a message, and ends its row unless it is worth another try.
func (s *Service) deliver(ctx context.Context, c *work.Claim[delivery]) error {
	row := c.Row()
	log := s.deps.Log.With("notifier", row.Body.Notifier, "what", row.Body.Message.What, "event_id", row.Asked.ID)
	if s.deps.Stamp.Now().Sub(row.Asked.Time) >= s.deps.Config.GiveUp {
		s.metrics.ended(row.Body.Notifier, resultLate)
		log.Warn("message given up: it could not be delivered in time", "within", s.deps.Config.GiveUp)
		return nil
	}
	effect, end := c.Deadline(ctx, s.deps.Config.Patience)
	defer end()
	err := s.targets[row.Body.Notifier].send(effect, s.client, row.ID, row.Body.Message)
	switch {
	case err == nil:
		s.deps.Checkpoint("message sent")
		s.metrics.ended(row.Body.Notifier, resultSent)
		log.Info("message sent")
		return nil
	case errors.Is(err, errRefused):
		s.metrics.ended(row.Body.Notifier, resultRefused)
		log.Warn("message given up", "error", err)
		return nil
	}
	if ctx.Err() == nil {
		log.Warn("message not sent; it is tried again", "error", err)
	}
	return err
}
