package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shakedown-dev/shakedown/events"
)

// scrapeTimeout bounds the question for what is stored that a scrape asks.
const scrapeTimeout = 2 * time.Second

// openStore shows what the buckets store, as metrics and to those who ask.
func (a *App) openStore(ctx context.Context) error {
	usage := func(ctx context.Context, _ events.Nothing) (events.StoreUsage, error) {
		usage, err := a.bus.Usage(ctx)
		usage.Replicas, usage.Installation = a.bus.PossibleReplicas(ctx), a.installation
		return usage, err
	}
	// The end of the bus is the end of the subscription.
	if _, err := events.StoreUsageCall.Answer(context.WithoutCancel(ctx), a.bus, a.stamp("store"), usage); err != nil {
		return err
	}
	return a.registry.Register(storeCollector{usage: a.bus.Usage, descs: storeDescs()})
}

// storeCollector asks for what is stored when it is scraped.
type storeCollector struct {
	usage func(context.Context) (events.StoreUsage, error)
	descs [3]*prometheus.Desc
}

func storeDescs() [3]*prometheus.Desc {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, []string{"bucket"}, nil)
	}
	return [3]*prometheus.Desc{
		desc("shakedown_store_bytes", "Bytes that a bucket stores."),
		desc("shakedown_store_quota_bytes", "Bytes that a bucket may store."),
		desc("shakedown_store_values", "Values that a bucket stores, marks of deleted ones included."),
	}
}

// Describe sends what Collect will send.
func (c storeCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		to <- d
	}
}

// Collect sends nothing of the store when its server does not answer.
func (c storeCollector) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	usage, err := c.usage(ctx)
	if err != nil {
		return
	}
	for _, u := range usage.Buckets {
		for i, v := range []int64{u.Bytes, u.Quota, u.Values} {
			to <- prometheus.MustNewConstMetric(c.descs[i], prometheus.GaugeValue, float64(v), u.Bucket)
		}
	}
}
