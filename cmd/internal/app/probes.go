package app

import (
	"time"

	"github.com/shakedown-dev/shakedown/experiments/kube"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/prom"
)

// probeKinds is the table of the kinds of probes. A new kind is one line here.
func probeKinds(p *prom.Client, k *kube.Client) probe.Table {
	return probe.Table{
		prom.Kind(p),
		kube.Kind(k),
	}
}

// ProbeKinds are the kinds of probes without servers to ask: they check documents and
// know their words.
func ProbeKinds() probe.Table { return probeKinds(nil, nil) }

// openProbes are the kinds of probes with the servers that they ask.
func openProbes(prometheus prom.Config, k *kube.Client) (probe.Table, error) {
	prometheus.Now = time.Now
	p, err := prom.New(prometheus)
	if err != nil {
		return nil, err
	}
	return probeKinds(p, k), nil
}

// AskedAgain are the kinds of probes with a Prometheus that is asked for data of the past;
// done gives it up. Errors: *events.Error of KindInvalid.
func AskedAgain(prometheus prom.Config) (kinds probe.Table, done func(), err error) {
	p, err := prom.New(prometheus)
	if err != nil {
		return nil, nil, err
	}
	return probeKinds(p, nil), p.Close, nil
}
