package migrate

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pelletier/go-toml/v2"
)

// chaosConfig is the part of the TOML file that says when something is terminated.
type chaosConfig struct {
	Chaosmonkey map[string]any `toml:"chaosmonkey"`
}

// ChaosMonkey makes a schedule of Chaos Monkey's TOML file. What an application asks for
// stands in Spinnaker and not there, so that the usual values are taken.
func ChaosMonkey(config []byte) (Result, error) {
	var c chaosConfig
	if err := toml.Unmarshal(config, &c); err != nil {
		return Result{}, fmt.Errorf("read the configuration of Chaos Monkey: %w", err)
	}
	if len(c.Chaosmonkey) == 0 {
		return Result{}, errors.New("the file has no table [chaosmonkey]")
	}
	s := settings(c.Chaosmonkey)
	var r Result
	d := blank("chaos-monkey", cmp.Or(s.text("time_zone"), "America/Los_Angeles"))
	m := d.Spec.Monkey
	m.Mean, m.Gap, m.Hours = 5, 1, hours(s.number("start_hour", 9), s.number("end_hour", 15))
	m.OptIn.Labels = map[string]string{optInLabel: "enabled"}
	for _, account := range s.texts("accounts") {
		d.Spec.Environments.Names = append(d.Spec.Environments.Names, label(account))
	}
	if len(d.Spec.Environments.Names) == 0 {
		return Result{}, errors.New("the file names no accounts, so that nothing would be chosen")
	}
	r.Documents = append(r.Documents, d)
	r.chaosDiffers(s)
	r.always()
	return r, nil
}

// optInLabel is the label that imported schedules ask for.
const optInLabel = "chaos-monkey"

func (r *Result) chaosDiffers(s settings) {
	r.differ("an account counts as an environment of the same name")
	r.differ("Chaos Monkey terminates instances; this schedule kills pods: write an ec2 fault where this version has one (shakedown chaos faults)")
	r.differ("mean (5), gap (1), grouping and exceptions of each application stand in Spinnaker: adjust them here")
	r.differ("an application is enabled unless it says otherwise; here a component opts in by the label %s=enabled", optInLabel)
	r.differ("the chance is corrected for the gap: Chaos Monkey's real mean is mean+gap-1, here it is the mean")
	for key, says := range map[string]string{
		"enabled": "nothing was terminated so far", "schedule_enabled": "nothing was scheduled so far",
	} {
		if v, ok := s[key].(bool); !ok || !v {
			r.differ("%s is off: %s, and this schedule injects faults as soon as it is applied", key, says)
		}
	}
	if v, ok := s["leashed"].(bool); !ok || v {
		r.differ("leashed is on (the default): nothing was terminated so far, and this schedule injects faults as soon as it is applied")
	}
	known := []string{"enabled", "schedule_enabled", "leashed", "accounts", "start_hour", "end_hour", "time_zone"}
	for _, key := range slices.Sorted(maps.Keys(s)) {
		if !slices.Contains(known, key) {
			r.differ("%s has no counterpart and is left out", key)
		}
	}
}

// settings are the values of a table.
type settings map[string]any

func (s settings) text(key string) string {
	text, _ := s[key].(string)
	return text
}

func (s settings) number(key string, fallback int) int {
	if n, ok := s[key].(int64); ok {
		return int(n)
	}
	return fallback
}

func (s settings) texts(key string) (all []string) {
	values, _ := s[key].([]any)
	for _, v := range values {
		if text, ok := v.(string); ok {
			all = append(all, text)
		}
	}
	return all
}
