package app

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/events/natsbus"
)

// busMetrics registers the figures of the bus.
func busMetrics(registry prometheus.Registerer) (natsbus.Metrics, error) {
	published := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "shakedown_events_published_total", Help: "Events stored, by type.",
	}, []string{"type", "duplicate"})
	handled := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "shakedown_event_handle_seconds", Help: "Time a handler took, by type, group and outcome.",
	}, []string{"type", "group", "outcome"})
	retried := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "shakedown_event_retries_total", Help: "Events that will be delivered again after a failed attempt.",
	}, []string{"type", "group"})
	dead := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "shakedown_event_dead_letters_total", Help: "Events given up, by type and group.",
	}, []string{"type", "group"})
	err := errors.Join(registry.Register(published), registry.Register(handled), registry.Register(retried), registry.Register(dead))
	return natsbus.Metrics{
		Published: func(t string, duplicate bool) { published.WithLabelValues(t, yesNo(duplicate)).Inc() },
		Handled: func(t, group string, took time.Duration, err error) {
			handled.WithLabelValues(t, group, outcome(err)).Observe(took.Seconds())
		},
		Retried:      func(t, group string) { retried.WithLabelValues(t, group).Inc() },
		DeadLettered: func(t, group string) { dead.WithLabelValues(t, group).Inc() },
	}, err
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func outcome(err error) string {
	if err != nil {
		return "error"
	}
	return "ok"
}
