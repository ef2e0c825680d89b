package app

import (
	"context"
	"encoding/csv"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/cmd/internal/config"
	"github.com/shakedown-dev/shakedown/experiments/prom"
)

// checkTimeout bounds one question to something that may not answer.
const checkTimeout = 5 * time.Second

// prometheusNeed is the Prometheus that hypotheses are asked of.
func prometheusNeed() Need {
	return Need{
		Name:   "prometheus",
		Flags:  func(flags *pflag.FlagSet, o *Options) { PrometheusFlags(flags, &o.Prometheus) },
		Named:  func(o Options) bool { return o.Prometheus.URL != "" },
		Absent: func(o Options) bool { return o.Prometheus.URL == "" },
		What:   "a Prometheus", Advice: "give --prometheus http://HOST:9090",
		Check: func(ctx context.Context, o Options) (Found, error) {
			return Found{o.Prometheus.Address(), "answers"}, checkPrometheus(ctx, o.Prometheus)
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
	config.Need(flags, "prometheus", "prometheus-ca", "prometheus-cert", "prometheus-key", "prometheus-token-file",
		"prometheus-user", "prometheus-password-file", "prometheus-header")
}

// PrometheusArgs are the flags again, for a server that asks the same Prometheus, but for
// the headers: everybody on the machine can read arguments, and a header may be a secret.
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
	return args
}

// PrometheusEnv are the headers, as variables for that server.
func PrometheusEnv(c prom.Config) []string {
	if len(c.Headers) == 0 {
		return nil
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		pairs = append(pairs, name+"="+c.Headers[name])
	}
	// The flag takes several as a line of CSV, and one as it is.
	value := pairs[0]
	if len(pairs) > 1 || strings.Count(value, "=") > 1 {
		var line strings.Builder
		w := csv.NewWriter(&line)
		_ = w.Write(pairs) // a builder takes everything
		w.Flush()
		value = strings.TrimSuffix(line.String(), "\n")
	}
	return []string{config.Variable("prometheus-header") + "=" + value}
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
