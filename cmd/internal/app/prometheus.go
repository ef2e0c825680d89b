package app

import (
	"context"
	"time"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/prom"
)

// checkTimeout bounds one question to something that may not answer.
const checkTimeout = 5 * time.Second

// prometheusNeed is the Prometheus that hypotheses are asked of.
func prometheusNeed() Need {
	return Need{
		Name:  "prometheus",
		Flags: func(flags *pflag.FlagSet, o *Options) { PrometheusFlags(flags, &o.Prometheus) },
		Named: func(o Options) bool { return o.Prometheus.URL != "" },
		Missing: func(service string) error {
			return events.Errorf(events.KindInvalid, "give --prometheus http://HOST:9090", "%s need a Prometheus, and none is named", service)
		},
		Check: func(ctx context.Context, o Options) (Found, error) {
			return Found{o.Prometheus.URL, "answers"}, checkPrometheus(ctx, o.Prometheus)
		},
	}
}

// PrometheusFlags adds the flags that say where a Prometheus is and how to be let in.
func PrometheusFlags(flags *pflag.FlagSet, c *prom.Config) {
	flags.StringVar(&c.URL, "prometheus", "", "`url` of the Prometheus that hypotheses are asked of")
	flags.StringVar(&c.CAFile, "prometheus-ca", "", "`file` with the CA of Prometheus")
	flags.StringVar(&c.CertFile, "prometheus-cert", "", "client certificate `file` for Prometheus")
	flags.StringVar(&c.KeyFile, "prometheus-key", "", "client key `file` for Prometheus")
	flags.StringVar(&c.BearerTokenFile, "prometheus-token-file", "", "`file` with a bearer token for Prometheus")
	flags.StringVar(&c.BasicUser, "prometheus-user", "", "`user` for basic authentication at Prometheus")
	flags.StringVar(&c.BasicPasswordFile, "prometheus-password-file", "", "`file` with the password for basic authentication")
	flags.StringToStringVar(&c.Headers, "prometheus-header", nil, "header for Prometheus, as `name=value`; may be repeated")
}

// PrometheusArgs are the flags again, for a server that asks the same Prometheus.
func PrometheusArgs(c prom.Config) []string {
	var args []string
	for _, flag := range []struct{ name, value string }{
		{"--prometheus", c.URL},
		{"--prometheus-ca", c.CAFile},
		{"--prometheus-cert", c.CertFile},
		{"--prometheus-key", c.KeyFile},
		{"--prometheus-token-file", c.BearerTokenFile},
		{"--prometheus-user", c.BasicUser},
		{"--prometheus-password-file", c.BasicPasswordFile},
	} {
		if flag.value != "" {
			args = append(args, flag.name, flag.value)
		}
	}
	for name, value := range c.Headers {
		args = append(args, "--prometheus-header", name+"="+value)
	}
	return args
}

func checkPrometheus(ctx context.Context, c prom.Config) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	client, err := prom.New(c)
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Ping(ctx)
}
