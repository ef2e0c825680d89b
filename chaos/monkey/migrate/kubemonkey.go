package migrate

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
	"go.yaml.in/yaml/v3"

	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
)

// The labels of kube-monkey.
const (
	kubeEnabled = "kube-monkey/enabled"
	kubeMTBF    = "kube-monkey/mtbf"
	kubeMode    = "kube-monkey/kill-mode"
	kubeValue   = "kube-monkey/kill-value"
)

// workload is what a manifest says of one.
type workload struct {
	Kind     string `yaml:"kind"`
	Metadata struct {
		Name      string            `yaml:"name"`
		Namespace string            `yaml:"namespace"`
		Labels    map[string]string `yaml:"labels"`
	} `yaml:"metadata"`
	Items []workload `yaml:"items"`
}

// kubeConfig is the configuration of kube-monkey.
type kubeConfig struct {
	Kubemonkey struct {
		DryRun      *bool    `toml:"dry_run"`
		StartHour   *int     `toml:"start_hour"`
		EndHour     *int     `toml:"end_hour"`
		GracePeriod *int     `toml:"grace_period_sec"`
		TimeZone    string   `toml:"time_zone"`
		Blacklisted []string `toml:"blacklisted_namespaces"`
		Whitelisted []string `toml:"whitelisted_namespaces"`
		RunDays     []string `toml:"run_days"`
		RunHour     *int     `toml:"run_hour"`
	} `toml:"kubemonkey"`
}

// KubeMonkey makes schedules of manifests whose labels opt in, and of the configuration
// (TOML), which may be empty. Each combination of namespace and labels is one of them.
func KubeMonkey(manifests, config []byte) (Result, error) {
	var c kubeConfig
	if err := toml.Unmarshal(config, &c); err != nil {
		return Result{}, fmt.Errorf("read the configuration of kube-monkey: %w", err)
	}
	found, err := workloads(manifests)
	if err != nil {
		return Result{}, err
	}
	var r Result
	byName := map[string]spec.Document{}
	for _, w := range found {
		if w.Metadata.Labels[kubeEnabled] != "enabled" {
			continue
		}
		d, err := r.kube(w, c)
		if err != nil {
			return Result{}, err
		}
		byName[d.Metadata.Name] = d
	}
	if len(byName) == 0 {
		return Result{}, errors.New("no Deployment, StatefulSet or DaemonSet has the label " + kubeEnabled + "=enabled")
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		r.Documents = append(r.Documents, byName[name])
	}
	r.kubeDiffers(c)
	slices.Sort(r.Differs)
	r.Differs = slices.Compact(r.Differs)
	r.always()
	return r, nil
}

// workloads reads manifests, those in lists included.
func workloads(manifests []byte) (all []workload, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader(manifests))
	for {
		var w workload
		if err := decoder.Decode(&w); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("read manifests: %w", err)
		}
		for _, one := range append(w.Items, w) {
			if slices.Contains([]string{"Deployment", "StatefulSet", "DaemonSet"}, one.Kind) {
				all = append(all, one)
			}
		}
	}
}

// kube is the schedule of a workload.
func (r *Result) kube(w workload, c kubeConfig) (spec.Document, error) {
	labels, k := w.Metadata.Labels, c.Kubemonkey
	namespace := cmp.Or(w.Metadata.Namespace, "default")
	d := blank(strings.Join([]string{"kube-monkey", namespace, labels[kubeMTBF], labels[kubeMode], labels[kubeValue]}, "-"), cmp.Or(k.TimeZone, "America/Los_Angeles"))
	m := d.Spec.Monkey
	d.Spec.Environments.Names = []string{label(namespace)}
	m.OptIn.Labels = map[string]string{}
	for _, key := range []string{kubeEnabled, kubeMTBF, kubeMode, kubeValue} {
		if v, ok := labels[key]; ok {
			m.OptIn.Labels[key] = v
		}
	}
	m.Hours = hours(orElse(k.StartHour, 10), orElse(k.EndHour, 16))
	m.Weekdays = k.RunDays
	if k.GracePeriod != nil {
		m.Faults[0].Params = fmt.Appendf(nil, `{"gracePeriod":%q}`, time.Duration(*k.GracePeriod)*time.Second)
	}
	if w.Kind == "DaemonSet" {
		r.differ("%s/%s: a DaemonSet is no component of an environment, and is not hit", namespace, w.Metadata.Name)
	}
	var err error
	if m.Mean, err = r.mtbf(namespace+"/"+w.Metadata.Name, labels[kubeMTBF]); err != nil {
		return d, err
	}
	return d, r.kubeKill(&m.Faults[0], namespace+"/"+w.Metadata.Name, labels[kubeMode], labels[kubeValue])
}

// mtbf reads the mean time, in days or with a unit.
func (r *Result) mtbf(name, text string) (float64, error) {
	if n, err := strconv.ParseFloat(text, 64); err == nil && n >= 1 {
		return n, nil
	}
	t, err := time.ParseDuration(text)
	if err != nil || t <= 0 {
		return 0, fmt.Errorf("%s: %s is %q, want a number of days", name, kubeMTBF, text)
	}
	r.differ("%s: %s=%s asks for several kills a day; a schedule hits a component once a day at most, so the mean is 1", name, kubeMTBF, text)
	return max(1, t.Hours()/24), nil
}

// kubeKill reads how much is killed.
func (r *Result) kubeKill(f *spec.Fault, name, mode, value string) error {
	n, err := strconv.Atoi(value)
	if mode == "kill-all" {
		n, err = 100, nil
	}
	if mode == "" {
		n, err, mode = 1, nil, "fixed"
	}
	if err != nil || n < 1 {
		return fmt.Errorf("%s: %s is %q, want a number of 1 or more", name, kubeValue, value)
	}
	switch mode {
	case "fixed":
		f.Count = n
	case "fixed-percent", "random-max-percent", "kill-all":
		f.Percent = min(n, 100)
	default:
		return fmt.Errorf("%s: %s is %q, which is not known", name, kubeMode, mode)
	}
	if mode == "random-max-percent" {
		r.differ("%s: random-max-percent draws a share of up to %d %% anew each time; here it is always %d %%", name, n, n)
	}
	if mode == "kill-all" {
		r.differ("%s: kill-all takes every pod; here the guards for the last ready replica and for disruption budgets refuse that", name)
	}
	return nil
}

// kubeDiffers lists what the configuration says and a schedule does otherwise.
func (r *Result) kubeDiffers(c kubeConfig) {
	k := c.Kubemonkey
	if k.DryRun == nil || *k.DryRun {
		r.differ("dry_run is on (the default of kube-monkey): nothing was killed so far, and this schedule injects faults as soon as it is applied")
	}
	if len(k.Blacklisted)+len(k.Whitelisted) > 0 {
		r.differ("blacklisted_namespaces and whitelisted_namespaces are not needed: each schedule names its environment")
	}
	if k.RunHour != nil {
		r.differ("run_hour is not needed: the plan of a day follows from its date, and is stored the day before")
	}
	if k.TimeZone == "" {
		r.differ("time_zone is not set: the schedule names the default of kube-monkey, America/Los_Angeles")
	}
	r.differ("a namespace counts as an environment of the same name, and the labels must be on the component in its Environment document")
	r.differ("kube-monkey/identifier is not needed: a component has a name")
}

func orElse[T any](v *T, fallback T) T {
	if v == nil {
		return fallback
	}
	return *v
}
