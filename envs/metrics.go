package envs

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	outcomes *prometheus.CounterVec
	ready    prometheus.Histogram
	working  prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) (metrics, error) {
	m := metrics{
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shakedown_envs_outcomes_total",
			Help: "Requests to create or destroy an environment that have ended, by how they ended.",
		}, []string{"outcome"}),
		ready: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "shakedown_envs_ready_seconds",
			Help:    "Time from the request for an environment until it was ready.",
			Buckets: []float64{1, 2, 5, 10, 20, 40, 60, 120, 300, 600},
		}),
		working: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "shakedown_envs_working",
			Help: "Environments that are being created or destroyed by this server now.",
		}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.outcomes, m.ready, m.working} {
		if err := r.Register(c); err != nil {
			return m, fmt.Errorf("register metrics of envs: %w", err)
		}
	}
	return m, nil
}

func (m metrics) ended(o outcome) {
	m.outcomes.WithLabelValues(o.word()).Inc()
	if o.ready != nil {
		m.ready.Observe(time.Duration(o.ready.Took).Seconds())
	}
}
