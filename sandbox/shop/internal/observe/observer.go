package observe

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Observer records what one service does.
type Observer struct {
	log      *slog.Logger
	newID    func() string
	now      func() time.Time
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

// Options are an Observer's inputs; all of them are needed.
type Options struct {
	Log     *slog.Logger
	Version string
	NewID   func() string
	Now     func() time.Time
}

// New makes an Observer with a registry of its own, in which the process and
// Go collectors and the service's version (shop_info) are registered.
func New(o Options) *Observer {
	ob := &Observer{
		log: o.Log, newID: o.NewID, now: o.Now,
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Requests answered, by status code, method and handler.",
		}, []string{"code", "method", "handler"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "Time to answer a request, by method and handler.",
			Buckets: Buckets(),
		}, []string{"method", "handler"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "http_requests_in_flight", Help: "Requests being answered now.",
		}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "shop_info", Help: "Always 1; the label is the version of the shop.",
		ConstLabels: prometheus.Labels{"version": o.Version},
	})
	info.Set(1)
	ob.registry.MustRegister(ob.requests, ob.duration, ob.inFlight, info,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return ob
}

// Buckets are the latency buckets of every histogram of the shop, in seconds.
func Buckets() []float64 {
	return []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
}

// Registry is where further collectors of the service are registered.
func (o *Observer) Registry() *prometheus.Registry { return o.registry }

// Metrics answers /metrics.
func (o *Observer) Metrics() http.Handler {
	return promhttp.HandlerFor(o.registry, promhttp.HandlerOpts{})
}
