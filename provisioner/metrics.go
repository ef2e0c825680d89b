package provisioner

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	outcomes *prometheus.CounterVec
	ready    prometheus.Histogram
	open     prometheus.Gauge
	working  prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) (metrics, error) {
	m := metrics{
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shakedown_provisioner_outcomes_total",
			Help: "Requests to create or destroy a cluster that have ended, by how they ended.",
		}, []string{"outcome"}),
		ready: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "shakedown_provisioner_ready_seconds",
			Help:    "Time from the request for a cluster until it was ready.",
			Buckets: []float64{5, 10, 20, 40, 60, 120, 300, 600, 1200, 2400},
		}),
		open: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "shakedown_provisioner_open",
			Help: "Requests to create or destroy a cluster that have not ended.",
		}),
		working: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "shakedown_provisioner_working",
			Help: "Clusters that are being created or destroyed by this server now.",
		}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.outcomes, m.ready, m.open, m.working} {
		if err := r.Register(c); err != nil {
			return m, fmt.Errorf("register metrics of the provisioner: %w", err)
		}
	}
	return m, nil
}

func (m metrics) load(open, working int) {
	m.open.Set(float64(open))
	m.working.Set(float64(working))
}

func (m metrics) ended(o outcome) {
	m.outcomes.WithLabelValues(o.word()).Inc()
	if o.ready != nil {
		m.ready.Observe(time.Duration(o.ready.Took).Seconds())
	}
}
