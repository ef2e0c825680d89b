package migrate_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos/monkey/migrate"
	"github.com/shakedown-dev/shakedown/chaos/monkey/spec"
	"github.com/shakedown-dev/shakedown/events"
)

// schedule is a document with the name, filled in.
func schedule(name, zone string, environments []string, m spec.Monkey) spec.Document {
	m.Grouping = spec.GroupComponent
	return spec.Document{Header: events.NewHeader(spec.Kind, name), Spec: spec.Spec{
		TimeZone: zone, Environments: spec.Environments{Names: environments}, Monkey: &m,
	}}
}

// check compares the schedules, each of which must be valid, and looks for differences.
func check(t *testing.T, r migrate.Result, err error, want []spec.Document, differs ...string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, r.Documents); diff != "" {
		t.Errorf("schedules (-want +got):\n%s", diff)
	}
	for _, d := range r.Documents {
		if problems := d.Validate(spec.Checks{}); len(problems) > 0 {
			t.Errorf("%s: %v", d.Metadata.Name, problems)
		}
	}
	all := strings.Join(r.Differs, "\n")
	for _, text := range append(differs, "never hit", "chaos veto") {
		if !strings.Contains(all, text) {
			t.Errorf("the differences do not have %q:\n%s", text, all)
		}
	}
}

const manifests = `
apiVersion: v1
kind: List
items:
- kind: Deployment
  metadata: {name: api, namespace: shop, labels: {kube-monkey/enabled: enabled, kube-monkey/identifier: api, kube-monkey/mtbf: "3", kube-monkey/kill-mode: fixed-percent, kube-monkey/kill-value: "30"}}
---
kind: Deployment
metadata: {name: off, namespace: shop, labels: {kube-monkey/enabled: disabled}}
---
kind: Service
metadata: {name: api, labels: {kube-monkey/enabled: enabled}}
---
kind: StatefulSet
metadata: {name: db, namespace: shop, labels: {kube-monkey/enabled: enabled, kube-monkey/mtbf: 4h, kube-monkey/kill-mode: kill-all}}
`

func TestKubeMonkey(t *testing.T) {
	t.Parallel()
	config := "[kubemonkey]\ndry_run = false\nrun_hour = 8\nstart_hour = 9\nend_hour = 17\ngrace_period_sec = 5\ntime_zone = \"Asia/Jerusalem\"\nrun_days = [\"Sun-Thu\"]\nblacklisted_namespaces = [\"kube-system\"]\n"
	r, err := migrate.KubeMonkey([]byte(manifests), []byte(config))
	params := json.RawMessage(`{"gracePeriod":"5s"}`)
	check(t, r, err, []spec.Document{
		schedule("kube-monkey-shop-3-fixed-percent-30", "Asia/Jerusalem", []string{"shop"}, spec.Monkey{
			Mean: 3, Hours: "09:00-17:00", Weekdays: []string{"Sun-Thu"}, Faults: []spec.Fault{{Fault: "pod-kill", Percent: 30, Params: params}},
			OptIn: spec.OptIn{Labels: map[string]string{"kube-monkey/enabled": "enabled", "kube-monkey/mtbf": "3", "kube-monkey/kill-mode": "fixed-percent", "kube-monkey/kill-value": "30"}},
		}),
		schedule("kube-monkey-shop-4h-kill-all", "Asia/Jerusalem", []string{"shop"}, spec.Monkey{
			Mean: 1, Hours: "09:00-17:00", Weekdays: []string{"Sun-Thu"}, Faults: []spec.Fault{{Fault: "pod-kill", Percent: 100, Params: params}},
			OptIn: spec.OptIn{Labels: map[string]string{"kube-monkey/enabled": "enabled", "kube-monkey/mtbf": "4h", "kube-monkey/kill-mode": "kill-all"}},
		}),
	}, "several kills a day", "kill-all takes every pod", "run_hour is not needed", "blacklisted_namespaces", "identifier")
	if all := strings.Join(r.Differs, "\n"); strings.Contains(all, "dry_run is on") {
		t.Errorf("dry_run is off, and the differences say:\n%s", all)
	}
	if r, err = migrate.KubeMonkey([]byte(manifests), nil); err != nil || !strings.Contains(strings.Join(r.Differs, "\n"), "dry_run is on") {
		t.Errorf("without a configuration: %v, %v", r.Differs, err)
	}
}

func TestChaoskube(t *testing.T) {
	t.Parallel()
	r, err := migrate.Chaoskube([]string{
		"chaoskube", "--namespaces=shop,!kube-system", "--labels", "app=web,tier!=db", "--interval=48h", "--timezone=Europe/Berlin",
		"--excluded-weekdays=Sat,Sun", "--excluded-times-of-day=22:00-08:00,11:00-13:00", "--excluded-days-of-year=Dec24,Feb29", "--no-dry-run",
		"--grace-period=3s", "--max-kill=2", "--minimum-age=6h",
	})
	holidays := "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//shakedown//import//EN\n" +
		"BEGIN:VEVENT\nUID:Dec24\nDTSTAMP:20240101T000000Z\nSUMMARY:Dec24\nDTSTART;VALUE=DATE:20241224\nRRULE:FREQ=YEARLY\nEND:VEVENT\n" +
		"BEGIN:VEVENT\nUID:Feb29\nDTSTAMP:20240101T000000Z\nSUMMARY:Feb29\nDTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY\nEND:VEVENT\nEND:VCALENDAR\n"
	want := schedule("chaoskube", "Europe/Berlin", []string{"shop"}, spec.Monkey{
		Mean: 2, Hours: "08:00-22:00", Weekdays: []string{"Mon", "Tue", "Wed", "Thu", "Fri"}, OptIn: spec.OptIn{Labels: map[string]string{"app": "web"}},
		Faults: []spec.Fault{{Fault: "pod-kill", Params: json.RawMessage(`{"gracePeriod":"3s"}`)}},
	})
	want.Spec.Holidays.Calendars = []spec.Calendar{{Text: holidays}}
	check(t, r, err, []spec.Document{want}, `"tier!=db"`, "11:00-13:00", "--minimum-age=6h has no counterpart", "--max-kill is 2", "leaves out kube-system")
	r, err = migrate.Chaoskube([]string{"--namespaces", "shop"})
	check(t, r, err, []spec.Document{schedule("chaoskube", "UTC", []string{"shop"}, spec.Monkey{
		Mean: 1, Hours: "00:00-23:59", Weekdays: []string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		OptIn: spec.OptIn{Labels: map[string]string{"chaos-monkey": "enabled"}}, Faults: []spec.Fault{{Fault: "pod-kill"}},
	})}, "dry run is on", "--interval is 10m0s", "opts in by the label")
}

func TestChaosMonkey(t *testing.T) {
	t.Parallel()
	r, err := migrate.ChaosMonkey([]byte("[chaosmonkey]\nenabled = true\nleashed = false\nschedule_enabled = true\naccounts = [\"production\", \"Test_1\"]\nstart_hour = 9\nend_hour = 15\nmax_apps = 10\n[database]\nhost = \"x\"\n"))
	check(t, r, err, []spec.Document{schedule("chaos-monkey", "America/Los_Angeles", []string{"production", "test-1"}, spec.Monkey{
		Mean: 5, Gap: 1, Hours: "09:00-15:00", OptIn: spec.OptIn{Labels: map[string]string{"chaos-monkey": "enabled"}}, Faults: []spec.Fault{{Fault: "pod-kill"}},
	})}, "terminates instances", "max_apps has no counterpart", "mean+gap-1")
	if all := strings.Join(r.Differs, "\n"); strings.Contains(all, "is off") || strings.Contains(all, "leashed is on") {
		t.Errorf("everything is on, and the differences say:\n%s", all)
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	kube := func(labels string) func() (migrate.Result, error) {
		return func() (migrate.Result, error) {
			return migrate.KubeMonkey([]byte("kind: Deployment\nmetadata: {name: a, labels: {kube-monkey/enabled: enabled, "+labels+"}}"), nil)
		}
	}
	chaoskube := func(args ...string) func() (migrate.Result, error) {
		return func() (migrate.Result, error) { return migrate.Chaoskube(args) }
	}
	toml := func(text string) func() (migrate.Result, error) {
		return func() (migrate.Result, error) { return migrate.ChaosMonkey([]byte(text)) }
	}
	for want, run := range map[string]func() (migrate.Result, error){
		`kube-monkey/mtbf is "soon"`:          kube("kube-monkey/mtbf: soon"),
		`kube-monkey/mtbf is ""`:              kube(""),
		`kube-monkey/kill-mode is "some"`:     kube(`kube-monkey/mtbf: "1", kube-monkey/kill-mode: some, kube-monkey/kill-value: "1"`),
		`kube-monkey/kill-value is "0"`:       kube(`kube-monkey/mtbf: "1", kube-monkey/kill-mode: fixed, kube-monkey/kill-value: "0"`),
		"no Deployment":                       func() (migrate.Result, error) { return migrate.KubeMonkey(nil, nil) },
		"read manifests":                      func() (migrate.Result, error) { return migrate.KubeMonkey([]byte("{"), nil) },
		"read the configuration":              func() (migrate.Result, error) { return migrate.KubeMonkey(nil, []byte("=")) },
		"name no namespace":                   chaoskube("--interval=1h"),
		`"now" is not a flag`:                 chaoskube("now"),
		"--labels has no value":               chaoskube("--labels"),
		`--interval is "often"`:               chaoskube("--namespaces=a", "--interval=often"),
		"leaves out every day":                chaoskube("--namespaces=a", "--excluded-weekdays=Sun-Sat"),
		`--excluded-days-of-year has "Dec32"`: chaoskube("--namespaces=a", "--excluded-days-of-year=Dec32"),
		"--excluded-times-of-day":             chaoskube("--namespaces=a", "--excluded-times-of-day=9-10"),
		"no table [chaosmonkey]":              toml("[database]\na=1"),
		"names no accounts":                   toml("[chaosmonkey]\nenabled = true"),
		"read the configuration of Chaos":     toml("["),
	} {
		if r, err := run(); err == nil || !strings.Contains(err.Error(), want) || r.Documents != nil {
			t.Errorf("%d schedules and %v, want %q", len(r.Documents), err, want)
		}
	}
}
