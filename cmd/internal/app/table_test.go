package app

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/experiments/prom"
)

func names(services []Service) []string {
	var list []string
	for _, s := range services {
		list = append(list, s.Name)
	}
	return list
}

func TestEveryRowIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Services() {
		if s.Name == "" || s.Summary == "" || s.open == nil || seen[s.Name] {
			t.Errorf("the row %+v is not whole, or not the only one of its name", s)
		}
		seen[s.Name] = true
		for _, n := range s.Needs {
			if !slices.ContainsFunc(Needs(), func(o Need) bool { return o.Name == n.Name }) {
				t.Errorf("%s needs %s, which is not in the table of needs", s.Name, n.Name)
			}
		}
	}
}

// TestWhatRuns chooses by name, and leaves out what needs a listener where there is none.
func TestWhatRuns(t *testing.T) {
	for _, tc := range []struct {
		name string
		o    Options
		want []string
	}{
		{"all", Options{Listen: ":0"}, []string{"provisioner", "envs", "chaos", "experiments", "datamove", "webhook", "monkey", "notify"}},
		{"no listener", Options{}, []string{"provisioner", "envs", "chaos", "experiments", "datamove", "monkey", "notify"}},
		{"named, in the order of the table", Options{Services: []string{"webhook", "chaos"}}, []string{"chaos", "webhook"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, names(tc.o.chosen())); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, _, err := (Options{Services: []string{"webhook"}}).choose(); err == nil {
		t.Error("a webhook without an address is not refused")
	}
}

// TestWhatLacksSomething does not run, unless it is named: then it must have all.
func TestWhatLacksSomething(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	for _, tc := range []struct {
		name string
		o    Options
		want map[string]string
	}{
		{"nothing is there", Options{}, map[string]string{
			"envs": "a Kubernetes cluster", "chaos": "a Kubernetes cluster", "experiments": "a Kubernetes cluster, a Prometheus", "webhook": "envs", "monkey": "experiments",
			"notify": "a Notifier",
		}},
		{"no Prometheus", Options{Kubeconfig: "k"}, map[string]string{"experiments": "a Prometheus", "monkey": "experiments", "notify": "a Notifier"}},
		{"all", Options{Cluster: "c", Prometheus: prom.Config{URL: "u"}}, map[string]string{"notify": "a Notifier"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.o.Listen, tc.o.Env = ":0", func(string) string { return "" }
			run, states, err := tc.o.choose()
			got := map[string]string{}
			for _, s := range states {
				if !s.Runs && s.Advice != "" {
					got[s.Name] = s.Lacks
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || err != nil || len(run)+len(got) != len(states) {
				t.Errorf("error %v, %d run: %s", err, len(run), diff)
			}
		})
	}
}

// TestSettingsAreNotShared sets a flag of one app and finds it nowhere else.
func TestSettingsAreNotShared(t *testing.T) {
	var one, two Options
	first, second := pflag.NewFlagSet("one", pflag.ContinueOnError), pflag.NewFlagSet("two", pflag.ContinueOnError)
	one.AddFlags(first, true)
	two.AddFlags(second, true)
	if err := first.Parse([]string{"--allow-namespace", "x", "--hook-secret-file", "f", "--listen", ":1"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"allow-namespace", "hook-secret-file", "listen"} {
		if second.Lookup(name).Value.String() != second.Lookup(name).DefValue {
			t.Errorf("--%s is shared", name)
		}
	}
}

// TestFlagsWithoutListener offers what a command without a listener can use.
func TestFlagsWithoutListener(t *testing.T) {
	var o Options
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	o.AddFlags(flags, false)
	for name, want := range map[string]bool{"kubeconfig": true, "prometheus": true, "allow-namespace": true, "listen": false, "runs-max": false, "hook-secret-file": false} {
		if got := flags.Lookup(name) != nil; got != want {
			t.Errorf("--%s: there %t, want %t", name, got, want)
		}
	}
}
