package app

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/cmd/internal/config"
	"github.com/shakedown-dev/shakedown/experiments/prom"
)

// TestPrometheusAgain: a server that is started with the arguments and variables asks the
// same Prometheus, and no argument has a header.
func TestPrometheusAgain(t *testing.T) {
	for name, headers := range map[string]map[string]string{
		"none":    nil,
		"one":     {"X-Scope-OrgID": "a,b \"c\" d"},
		"equals":  {"X-Key": "canary=="},
		"several": {"X-Key": "canary, \"two\"=3", "X-Other": "canary"},
	} {
		t.Run(name, func(t *testing.T) {
			want := prom.Config{URL: "http://prom:9090", BearerTokenFile: "token", Headers: headers}
			args := PrometheusArgs(want)
			if strings.Contains(strings.Join(args, " "), "canary") {
				t.Errorf("arguments %q", args)
			}
			variables := map[string]string{}
			for _, line := range PrometheusEnv(want) {
				name, value, _ := strings.Cut(line, "=")
				variables[name] = value
			}
			var got prom.Config
			flags := pflag.NewFlagSet("up", pflag.ContinueOnError)
			PrometheusFlags(flags, &got)
			if err := flags.Parse(args); err != nil {
				t.Fatal(err)
			}
			if err := config.Fill(flags, func(name string) string { return variables[name] }, nil); err != nil {
				t.Fatal(err)
			}
			if len(got.Headers) == 0 {
				got.Headers = nil
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestCheckHidesThePassword of an address that has one.
func TestCheckHidesThePassword(t *testing.T) {
	for _, url := range []string{"http://me:canary@127.0.0.1:1", "http://me:canary@127.0.0.1:1/\x7f"} {
		found, err := prometheusNeed().Check(t.Context(), Options{Prometheus: prom.Config{URL: url}})
		if err == nil || strings.Contains(found.Object+found.Answer+err.Error(), "canary") {
			t.Errorf("found %+v, %v", found, err)
		}
	}
}
