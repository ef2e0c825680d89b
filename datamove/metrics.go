package datamove

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	outcomes *prometheus.CounterVec
	bytes    prometheus.Counter
	working  prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) (metrics, error) {
	m := metrics{
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shakedown_datamove_outcomes_total",
			Help: "Copies that have ended, by verdict.",
		}, []string{"verdict"}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "shakedown_datamove_bytes_total",
			Help: "Bytes that copies have moved.",
		}),
		working: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "shakedown_datamove_working",
			Help: "Copies that this server works on now.",
		}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.outcomes, m.bytes, m.working} {
		if err := r.Register(c); err != nil {
			return m, fmt.Errorf("register metrics of datamove: %w", err)
		}
	}
	return m, nil
}
