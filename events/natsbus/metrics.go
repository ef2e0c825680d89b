package natsbus

import "time"

// Metrics are called when something happens, from several goroutines at once.
// They must return quickly. Functions that are nil are left out.
type Metrics struct {
	// Published is an event stored by the server; duplicate ones were known already.
	Published func(eventType string, duplicate bool)
	// Handled is one call of a handler with its result.
	Handled func(eventType, group string, took time.Duration, err error)
	// Retried is an event that will be delivered again after a failed attempt.
	Retried func(eventType, group string)
	// DeadLettered is an event that was given up.
	DeadLettered func(eventType, group string)
}

func (m Metrics) withDefaults() Metrics {
	if m.Published == nil {
		m.Published = func(string, bool) {}
	}
	if m.Handled == nil {
		m.Handled = func(string, string, time.Duration, error) {}
	}
	if m.Retried == nil {
		m.Retried = func(string, string) {}
	}
	if m.DeadLettered == nil {
		m.DeadLettered = func(string, string) {}
	}
	return m
}
