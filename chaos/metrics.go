package chaos

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/events"
)

// metrics of the service. They are made once for each Service.
type metrics struct {
	faults   *prometheus.CounterVec
	refusals *prometheus.CounterVec
	open     prometheus.Gauge
	recovery *prometheus.HistogramVec
	engaged  prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		faults: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shakedown_chaos_faults_total", Help: "Faults that were closed, by kind and outcome.",
		}, []string{"kind", "outcome"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shakedown_chaos_guard_refusals_total", Help: "Decisions of guards against a fault, by guard.",
		}, []string{"guard"}),
		open: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "shakedown_chaos_ledger_open", Help: "Ledger entries that are not closed, as last counted.",
		}),
		recovery: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "shakedown_chaos_recovery_seconds", Help: "Time from the accepted injection until the victim is healed, for each victim.",
			Buckets: []float64{.25, .5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 600},
		}, []string{"kind"}),
		engaged: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "shakedown_chaos_stop_engaged", Help: "1 while the emergency stop is engaged.",
		}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.faults, m.refusals, m.open, m.recovery, m.engaged} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// closed counts a fault at its end.
func (m *metrics) closed(e Entry) {
	kind := e.Request.Kind
	m.faults.WithLabelValues(kind, e.Outcome).Inc()
	for _, d := range refusals(e.Decisions) {
		m.refusals.WithLabelValues(d.Guard).Inc()
	}
	for _, took := range recoveries(e.Marks) {
		m.recovery.WithLabelValues(kind).Observe(took.Seconds())
	}
}

func (m *metrics) stop(engaged bool) {
	if engaged {
		m.engaged.Set(1)
		return
	}
	m.engaged.Set(0)
}

// recoveries are the times from the accepted injection until the victim is healed
// that were seen without a gap.
func recoveries(marks []events.RecoveryMarked) []time.Duration {
	accepted := make(map[string]time.Time)
	var took []time.Duration
	for _, m := range marks {
		switch {
		case !m.Since.IsZero():
		case m.Role == events.RoleSent:
			accepted[m.Victim] = m.At
		case m.Role == events.RoleHealed:
			if from, ok := accepted[m.Victim]; ok {
				took = append(took, m.At.Sub(from))
			}
		}
	}
	return took
}
