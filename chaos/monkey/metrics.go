package monkey

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct{ starts *prometheus.CounterVec }

func newMetrics(r prometheus.Registerer) (metrics, error) {
	m := metrics{starts: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "shakedown_chaos_starts_total", Help: "Starts of schedules that this server has decided about, by what became of them.",
	}, []string{"state"})}
	if r == nil {
		return m, nil
	}
	if err := r.Register(m.starts); err != nil {
		return m, fmt.Errorf("register metrics of monkey: %w", err)
	}
	return m, nil
}

func (m metrics) decided(state string) { m.starts.WithLabelValues(state).Inc() }
