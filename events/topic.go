package events

import (
	"context"
	"encoding/json"
	"fmt"
)

// Topic is a kind of event with its payload type. Topics are declared in one
// file for each owning service; nothing else makes them.
type Topic[T any] struct {
	name string
	key  func(T) string
}

func define[T any](name string, key func(T) string) Topic[T] {
	return Topic[T]{name: name, key: key}
}

// Type is the CloudEvents type of the topic's events.
func (t Topic[T]) Type() string { return Prefix + t.name }

// Publish says the payload on the bus. Errors are retryable: with the same meta
// the event is stored once however often it is published.
func (t Topic[T]) Publish(ctx context.Context, b Bus, m Meta, payload T) error {
	e, err := t.Envelope(m, payload)
	if err != nil {
		return err
	}
	if err := b.Publish(ctx, e); err != nil {
		return fmt.Errorf("publish %s: %w", e.Address(), err)
	}
	return nil
}

// Envelope is the event as it would be published.
func (t Topic[T]) Envelope(m Meta, payload T) (Envelope, error) {
	raw, err := json.Marshal(payload)
	if err != nil {
		return Envelope{}, fmt.Errorf("encode %s: %w", t.name, err)
	}
	return Envelope{
		SpecVersion: SpecVersion, ID: m.ID, Source: m.Source, Type: t.Type(), Subject: Key(t.key(payload)),
		Time: m.Time.UTC(), DataContentType: "application/json",
		CorrelationID: m.Correlation, CausationID: m.Causation, Data: raw,
	}, nil
}

// Parse reads the payload of an envelope of this topic.
func (t Topic[T]) Parse(e Envelope) (Meta, T, error) {
	var payload T
	if e.Type != t.Type() {
		return Meta{}, payload, fmt.Errorf("event %s is a %s, not a %s", e.ID, e.Type, t.Type())
	}
	if err := json.Unmarshal(e.Data, &payload); err != nil {
		return Meta{}, payload, fmt.Errorf("decode payload of %s %s: %w", e.Type, e.ID, err)
	}
	return e.meta(), payload, nil
}

// Subscribe lets handle work on each event of the topic, shared with the other
// members of the group. A payload that does not parse goes to the dead letters.
func (t Topic[T]) Subscribe(
	ctx context.Context, b Bus, group string, handle func(context.Context, Meta, T) error,
) (Subscribed, error) {
	return t.SubscribeWith(ctx, b, Subscription{Group: group}, handle)
}

// SubscribeWith is Subscribe with bounds other than the usual ones; Type and
// Handle of s are filled in.
func (t Topic[T]) SubscribeWith(
	ctx context.Context, b Bus, s Subscription, handle func(context.Context, Meta, T) error,
) (Subscribed, error) {
	s.Type = t.Type()
	s.Handle = func(ctx context.Context, e Envelope) error {
		meta, payload, err := t.Parse(e)
		if err != nil {
			return Permanent(err)
		}
		return handle(ctx, meta, payload)
	}
	sub, err := b.Subscribe(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("subscribe %s to %s: %w", s.Group, t.name, err)
	}
	return sub, nil
}
