package experiments

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/experiments/record"
)

type metrics struct {
	runs     *prometheus.CounterVec
	duration *prometheus.HistogramVec
	samples  *prometheus.CounterVec
	running  prometheus.Gauge
	kept     prometheus.Gauge
	pruned   prometheus.Counter
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shakedown_experiments_runs_total", Help: "Runs that ended, by verdict.",
		}, []string{"verdict"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "shakedown_experiments_run_duration_seconds", Help: "Time from the beginning of a run to its verdict.",
			Buckets: prometheus.ExponentialBuckets(5, 2, 10),
		}, []string{"verdict"}),
		samples: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shakedown_experiments_probe_samples_total",
			Help: "Samples of probes, by problem; those with a value have none.",
		}, []string{"problem"}),
		running: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "shakedown_experiments_runs_running", Help: "Runs that this server works on.",
		}),
		kept: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "shakedown_experiments_runs_kept", Help: "Finished runs in the store, as the server that prunes them sees it.",
		}),
		pruned: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "shakedown_experiments_runs_pruned_total", Help: "Finished runs that were deleted because there were too many.",
		}),
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.runs, m.duration, m.samples, m.running, m.kept, m.pruned} {
		errs = append(errs, r.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("register metrics of experiments: %w", err)
	}
	return m, nil
}

func (m *metrics) count(b batch) {
	for _, s := range b {
		kind := "none"
		if s.Problem != nil {
			kind = string(s.Problem.Kind)
		}
		m.samples.WithLabelValues(kind).Inc()
	}
}

func (m *metrics) finished(r record.Record) {
	word := string(r.Verdict.Word)
	m.runs.WithLabelValues(word).Inc()
	m.duration.WithLabelValues(word).Observe(r.Ended.Sub(r.Started).Seconds())
}
