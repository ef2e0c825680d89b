package notify

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// What became of a message.
const (
	resultSent    = "sent"
	resultRefused = "refused"
	resultLate    = "given-up"
)

type metrics struct{ messages *prometheus.CounterVec }

func newMetrics(r prometheus.Registerer) (metrics, error) {
	m := metrics{messages: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "shakedown_notify_messages_total", Help: "Messages to notifiers that have ended, by notifier and by what became of them.",
	}, []string{"notifier", "result"})}
	if r == nil {
		return m, nil
	}
	if err := r.Register(m.messages); err != nil {
		return m, fmt.Errorf("register metrics of notify: %w", err)
	}
	return m, nil
}

func (m metrics) ended(notifier, result string) { m.messages.WithLabelValues(notifier, result).Inc() }
