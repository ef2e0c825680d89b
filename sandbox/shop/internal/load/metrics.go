package load

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/call"
	"github.com/shakedown-dev/shakedown/sandbox/shop/internal/observe"
)

// Reasons for which a due request was not sent.
const (
	busy = "busy"
	late = "late"
)

// Metrics are what hypotheses about the shop query.
type Metrics struct {
	requests *prometheus.CounterVec
	duration prometheus.Histogram
	dropped  *prometheus.CounterVec
	inFlight prometheus.Gauge
	rate     prometheus.Gauge
}

// NewMetrics registers the metrics with reg. The series of all usual outcomes
// exist from the start, so that their first increase is seen as one.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shop_load_requests_total",
			Help: "Requests finished, by status code, or without an answer: timeout, connect (no connection), error (connection broke).",
		}, []string{"code"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "shop_load_request_duration_seconds",
			Help:    "Time from when a request was due to its end, whatever the end.",
			Buckets: observe.Buckets(),
		}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shop_load_dropped_total",
			Help: "Due requests that were not sent: all slots busy, or the generator late.",
		}, []string{"reason"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "shop_load_in_flight", Help: "Requests in flight now.",
		}),
		rate: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "shop_load_target_rate", Help: "Requests per second that are due now; 0 before the start and after the end.",
		}),
	}
	reg.MustRegister(m.requests, m.duration, m.dropped, m.inFlight, m.rate)
	for _, code := range usualCodes() {
		m.requests.WithLabelValues(code)
	}
	m.dropped.WithLabelValues(busy)
	m.dropped.WithLabelValues(late)
	return m
}

func usualCodes() []string {
	return []string{
		strconv.Itoa(http.StatusOK), strconv.Itoa(http.StatusInternalServerError),
		strconv.Itoa(http.StatusBadGateway), strconv.Itoa(http.StatusServiceUnavailable),
		strconv.Itoa(http.StatusGatewayTimeout), call.Timeout, call.Connect, call.Broken,
	}
}
