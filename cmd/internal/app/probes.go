package app

import (
	"context"
	"time"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/experiments/kube"
	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/prom"
	"github.com/shakedown-dev/shakedown/experiments/wire"
)

// asked are those whom probes ask; nil where there is nobody.
type asked struct {
	prometheus *prom.Client
	cluster    *kube.Client
	services   *wire.Client
}

// probeKinds is the table of the kinds of probes. A new kind is one line here.
func probeKinds(a asked) probe.Table {
	return probe.Table{
		prom.Kind(a.prometheus),
		kube.Kind(a.cluster),
		wire.HTTPKind(a.services),
		wire.TCPKind(a.services),
	}
}

// ProbeKinds are the kinds of probes without servers to ask: they check documents and
// know their words.
func ProbeKinds() probe.Table { return probeKinds(asked{}) }

// probeFlags adds the flag for what probes may ask.
func probeFlags(flags *pflag.FlagSet, hosts *[]string) {
	flags.StringSliceVar(hosts, "probe-hosts", nil, "`hosts` that http and tcp probes may ask: names, *.domain or networks, with a port or without; none if absent")
}

// openProbes are the kinds of probes with the servers that they ask, and the hosts that they
// may ask.
func openProbes(a *App, k *kube.Client, hosts []string) (probe.Table, error) {
	prometheus := a.options.Prometheus
	prometheus.Now = time.Now
	p, err := prom.New(prometheus)
	if err != nil {
		return nil, err
	}
	to := asked{prometheus: p, cluster: k}
	if len(hosts) > 0 {
		if to.services, err = wire.New(wire.Config{Hosts: hosts, Env: a.options.Env, Now: time.Now}); err != nil {
			return nil, err
		}
		a.cleanup.add("connections of probes", func(context.Context) error { to.services.Close(); return nil })
	}
	return probeKinds(to), nil
}

// AskedAgain are the kinds of probes with a Prometheus that is asked for data of the past;
// done gives it up. Errors: *events.Error of KindInvalid.
func AskedAgain(prometheus prom.Config) (kinds probe.Table, done func(), err error) {
	p, err := prom.New(prometheus)
	if err != nil {
		return nil, nil, err
	}
	return probeKinds(asked{prometheus: p}), p.Close, nil
}
