package spec

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/shakedown-dev/shakedown/events"
)

// example is one kill of api with two probes: availability holds, api is whole recovers.
func example(steps int) Document {
	d := Document{
		Header: events.NewHeader(Kind, "kill-one-api"),
		Spec: Spec{
			Hypothesis: []Probe{
				{Name: "availability", Parts: part("prometheus", `{"query":"avail{namespace=\"${namespace}\"}","compare":">=","value":0.99}`)},
				{Name: "whole", Parts: part("ready", `{"labels":"app=api","min":3}`), Must: MustRecover},
			},
			Recovery: Recovery{Budget: events.Duration(30 * time.Second)},
		},
	}
	for range steps {
		d.Spec.Method = append(d.Spec.Method, Fault{Fault: "pod-kill", Target: Target{Component: "api"}})
	}
	return d
}

func part(kind, raw string) map[string]json.RawMessage {
	return map[string]json.RawMessage{kind: json.RawMessage(raw)}
}

// kinds are two that refuse a part which says so.
func kinds() Checks {
	c := Checks{Probes: []string{"prometheus", "ready"}, Faults: []string{"pod-kill"}}
	c.Fault = func(f Fault) (found events.Problems) {
		found.Check(!strings.Contains(string(f.Params), "grace\""), "params.grace", "is not a parameter")
		found.Check(f.Target.Count == nil || *f.Target.Count >= 0, "target.count", "is negative for the kind, too")
		return found
	}
	c.Probe = func(index int, p Probe) events.Problems {
		var found events.Problems
		if index > 0 {
			return nil
		}
		for _, raw := range p.Parts {
			var wrong struct{ Wrong []string }
			if json.Unmarshal(raw, &wrong) == nil {
				for _, key := range wrong.Wrong {
					found = append(found, events.Problem{Key: key, Message: "is wrong"})
				}
			}
		}
		return found
	}
	return c
}

func TestDefaults(t *testing.T) {
	d := example(1).WithDefaults()
	want := Spec{
		Hypothesis: d.Spec.Hypothesis, Method: d.Spec.Method, Interval: events.Duration(time.Second),
		Observe:  events.Duration(10 * time.Second),
		Baseline: Baseline{Duration: events.Duration(5 * time.Second), Samples: 5},
		Recovery: Recovery{Budget: events.Duration(30 * time.Second), Samples: 3},
	}
	if diff := cmp.Diff(want, d.Spec); diff != "" {
		t.Error(diff)
	}
	if p := d.Spec.Hypothesis[0]; p.Must != MustHold {
		t.Errorf("probe is %+v", p)
	}
}

func TestDefaultsLeaveTheOriginalAlone(t *testing.T) {
	d := example(1)
	_ = d.WithDefaults()
	if diff := cmp.Diff(example(1), d); diff != "" {
		t.Error(diff)
	}
}

func TestValidDocuments(t *testing.T) {
	if problems := example(2).Validate(kinds()); len(problems) > 0 {
		t.Error(problems)
	}
	d := example(1)
	d.Spec.Interval = events.Duration(100 * time.Millisecond)
	d.Spec.Baseline = Baseline{Duration: events.Duration(300 * time.Millisecond), Samples: 2}
	d.Spec.Observe = events.Duration(500 * time.Millisecond)
	if problems := d.Validate(kinds()); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestProblemsAreAllReported(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*Document)
		want   []string
	}{
		{"empty", func(d *Document) { *d = Document{} }, []string{"apiVersion", "kind", "metadata.name", "spec.hypothesis", "spec.method"}},
		{"other version", func(d *Document) { d.APIVersion = "shakedown.dev/v9" }, []string{"apiVersion"}},
		{"name too long", func(d *Document) { d.Metadata.Name = strings.Repeat("a", 64) }, []string{"metadata.name"}},
		{"name is no label", func(d *Document) { d.Metadata.Name = "Kill_One" }, []string{"metadata.name"}},
		{"unknown event", func(d *Document) { d.Spec.On = "environment.gone" }, []string{"spec.on"}},
		{"two names alike", func(d *Document) { d.Spec.Hypothesis[1].Name = "availability" }, []string{"spec.hypothesis[1].name"}},
		{"no name", func(d *Document) { d.Spec.Hypothesis[1].Name = " " }, []string{"spec.hypothesis[1].name"}},
		{"must what", func(d *Document) { d.Spec.Hypothesis[0].Must = "hope" }, []string{"spec.hypothesis[0].must"}},
		{"both kinds", func(d *Document) { d.Spec.Hypothesis[0].Parts["ready"] = json.RawMessage(`{}`) }, []string{"spec.hypothesis[0]"}},
		{"unknown kind", func(d *Document) { d.Spec.Hypothesis[0].Parts = part("promtheus", `{}`) }, []string{"spec.hypothesis[0].promtheus"}},
		{"bad part", func(d *Document) {
			d.Spec.Hypothesis[0].Parts = part("prometheus", `{"wrong":["query","value",""]}`)
		}, []string{"spec.hypothesis[0].prometheus.query", "spec.hypothesis[0].prometheus.value", "spec.hypothesis[0].prometheus"}},
		{"neither kind", func(d *Document) { d.Spec.Hypothesis[0].Parts = nil }, []string{"spec.hypothesis[0]"}},
		{"bad selector", func(d *Document) {
			d.Spec.Method[0].Target = Target{Labels: "app==" + "=x"}
		}, []string{"spec.method[0].target.labels"}},
		{"negative observe", func(d *Document) { d.Spec.Observe = -1 }, []string{"spec.observe"}},
		{"negative interval", func(d *Document) { d.Spec.Interval = -1 }, []string{"spec.interval"}},
		{"interval too short", func(d *Document) { d.Spec.Interval = events.Duration(time.Millisecond) }, []string{"spec.interval"}},
		{"too many samples before", func(d *Document) { d.Spec.Baseline.Samples = 50 }, []string{"spec.baseline.samples"}},
		{"negative grace", func(d *Document) { d.Spec.Baseline.Grace = -1 }, []string{"spec.baseline.grace"}},
		{"too long a grace", func(d *Document) { d.Spec.Baseline.Grace = events.Duration(99 * time.Hour) }, []string{"spec.interval"}},
		{"negative samples", func(d *Document) { d.Spec.Baseline.Samples, d.Spec.Recovery.Samples = -1, -1 }, []string{"spec.baseline.samples", "spec.recovery.samples"}},
		{"too many samples", func(d *Document) { d.Spec.Observe = events.Duration(99 * time.Hour) }, []string{"spec.interval"}},
		{"unknown fault", func(d *Document) { d.Spec.Method[0].Fault = "pod-hug" }, []string{"spec.method[0].fault"}},
		{"no fault", func(d *Document) { d.Spec.Method[0].Fault = "" }, []string{"spec.method[0].fault"}},
		{"bad parameter", func(d *Document) { d.Spec.Method[0].Params = json.RawMessage(`{"grace":1}`) }, []string{"spec.method[0].params.grace"}},
		{"half a second", func(d *Document) { d.Spec.Method[0].GracePeriod = new(events.Duration(500 * time.Millisecond)) }, []string{"spec.method[0].gracePeriod"}},
		{"negative grace", func(d *Document) { d.Spec.Method[0].GracePeriod = new(events.Duration(-time.Second)) }, []string{"spec.method[0].gracePeriod"}},
		{"no target", func(d *Document) { d.Spec.Method[0].Target = Target{} }, []string{"spec.method[0].target"}},
		{"two targets", func(d *Document) { d.Spec.Method[0].Target.Labels = "a=b" }, []string{"spec.method[0].target"}},
		{"negative count", func(d *Document) { d.Spec.Method[0].Target.Count = new(-1) }, []string{"spec.method[0].target.count"}},
		{
			"percent over 100 and count", func(d *Document) {
				d.Spec.Method[0].Target.Percent, d.Spec.Method[0].Target.Count = new(101), new(1)
			}, []string{"spec.method[0].target.percent", "spec.method[0].target"},
		},
		{"per owner of zero", func(d *Document) { d.Spec.Method[0].Target.PerOwner = new(0) }, []string{"spec.method[0].target.perOwner"}},
		{"component is no label", func(d *Document) { d.Spec.Method[0].Target.Component = "API" }, []string{"spec.method[0].target.component"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := example(1)
			tc.change(&d)
			var got []string
			for _, p := range d.Validate(kinds()) {
				got = append(got, p.Key)
				if p.Message == "" {
					t.Errorf("%s has no message", p.Key)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSelectorSyntax(t *testing.T) {
	for _, good := range []string{"a=b", "a==b,c!=d", "app.kubernetes.io/name=api", "tier in (web, api)", "!canary", "x notin (a)", "present", "a=", " a = b "} {
		if err := checkSelector(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", " ", "=b", "a=b,", "a in b", "a=b c", "-a=b", "a=(b)", "a=b;rm", strings.Repeat("a", 64) + "=b"} {
		if checkSelector(bad) == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestParseIsStrict(t *testing.T) {
	for name, raw := range map[string]string{
		"unknown field": `{"spec":{"hypotesis":[]}}`, "wrong type": `{"spec":{"interval":5}}`,
		"no duration": `{"spec":{"interval":"soon"}}`, "two documents": `{} {}`, "no JSON": `spec:`,
		"negative seed": `{"spec":{"method":[{"seed":-1}]}}`,
	} {
		_, err := Parse([]byte(raw))
		if events.KindOf(err) != events.KindInvalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// meaning is what a part says, however it is written.
// parts compares JSON by what it means.
func parts() cmp.Option {
	return cmp.FilterValues(func(a, b json.RawMessage) bool { return len(a)+len(b) > 0 }, cmp.Transformer("part", meaning))
}

func meaning(raw json.RawMessage) any {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	return v
}

func TestProbeKeepsItsForm(t *testing.T) {
	const form = `{"name":"a <b>","prometheus":{"query":"x > 1","value":0.990},"must":"recover"}`
	var p Probe
	if err := json.Unmarshal([]byte(" "+form+" "), &p); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(p); err != nil || b.String() != form+"\n" {
		t.Errorf("%v: %s", err, b.String())
	}
	if p.Kind() != "prometheus" || p.Must != MustRecover {
		t.Errorf("got %+v", p)
	}
	for _, bad := range []string{`[]`, `"x"`, `{"name":1}`, `{"must":{}}`} {
		if json.Unmarshal([]byte(bad), &p) == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func TestVariables(t *testing.T) {
	v := Variables{Namespace: "shop-1", Environment: "shop", Experiment: "kill"}
	if got := v.Fill("${namespace} ${environment} ${experiment} ${pod}"); got != "shop-1 shop kill ${pod}" {
		t.Error(got)
	}
	for query, want := range map[string]string{
		"${namespace}${environment}${experiment}$x": "",
		`up{a="${pod}"}`: "${pod} is not a variable",
		`label_replace(up, "a", "${1}-${22}", "pod", "([a-z]+)-(.*)")`:     "",
		`label_replace(up, "a", "${app}-$app", "pod", "(?P<app>[a-z]+)-")`: "",
		`label_replace(up, "a", "${app}", "pod", "(?<app>[a-z]+)-")`:       "",
		`label_replace(up, "a", "${apq}", "pod", "(?P<app>[a-z]+)-")`:      "${apq} is not a variable",
		`rate(up[$__rate_interval])`:                                       "$__rate_interval is a variable of Grafana",
		`rate(up[${__interval}])`:                                          "$__interval is a variable of Grafana",
		`up{namespace="$namespace"}`:                                       "$namespace is not replaced: write ${namespace}",
		`up{namespace="$namespaces"}`:                                      "",
	} {
		err := CheckVariables(query)
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", query, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	raw, err := json.Marshal(example(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"spec":{"interval":"-1s","baseline":{"duration":"1ns"}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := Parse(raw)
		if err != nil {
			return
		}
		if len(d.Validate(kinds())) > 0 {
			return
		}
		again, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse(again)
		if err != nil {
			t.Fatalf("%s: %v", again, err)
		}
		if diff := cmp.Diff(d.WithDefaults(), back.WithDefaults(), parts(), cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}
