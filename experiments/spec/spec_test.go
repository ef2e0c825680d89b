package spec

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

// example is one kill of api with two probes: availability holds, api is whole recovers.
func example(steps int) Document {
	ok := 0.99
	d := Document{
		APIVersion: APIVersion, Kind: Kind, Metadata: Metadata{Name: "kill-one-api"},
		Spec: Spec{
			Hypothesis: []Probe{
				{Name: "availability", Prometheus: &PrometheusProbe{Query: `avail{namespace="${namespace}"}`, Compare: ">=", Value: &ok}},
				{Name: "whole", Ready: &ReadyProbe{Labels: "app=api", Min: new(3)}, Must: MustRecover},
			},
			Recovery: Recovery{Budget: events.Duration(30 * time.Second)},
		},
	}
	for range steps {
		d.Spec.Method = append(d.Spec.Method, Fault{Fault: "pod-kill", Target: Target{Component: "api"}})
	}
	return d
}

// checkQuery is a parser that knows one bad query.
func checkQuery(query string) error {
	if query == "bad" {
		return errors.New("is no PromQL")
	}
	return nil
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
	p := d.Spec.Hypothesis[0]
	if p.Must != MustHold || p.Prometheus.MaxAge != events.Duration(15*time.Second) {
		t.Errorf("probe is %+v", p)
	}
}

func TestDefaultsLeaveTheOriginalAlone(t *testing.T) {
	d := example(1)
	_ = d.Resolve(Variables{Namespace: "x"})
	if diff := cmp.Diff(example(1), d); diff != "" {
		t.Error(diff)
	}
}

func TestValidDocuments(t *testing.T) {
	if problems := example(2).Validate(); len(problems) > 0 {
		t.Error(problems)
	}
	d := example(1)
	d.Spec.Interval = events.Duration(100 * time.Millisecond)
	d.Spec.Baseline = Baseline{Duration: events.Duration(300 * time.Millisecond), Samples: 2}
	d.Spec.Observe = events.Duration(500 * time.Millisecond)
	if problems := d.Validate(); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestProblemsAreAllTold(t *testing.T) {
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
		{"both kinds", func(d *Document) { d.Spec.Hypothesis[0].Ready = &ReadyProbe{} }, []string{"spec.hypothesis[0]"}},
		{"neither kind", func(d *Document) { d.Spec.Hypothesis[0].Prometheus = nil }, []string{"spec.hypothesis[0]"}},
		{
			"bad query", func(d *Document) {
				d.Spec.Hypothesis[0].Prometheus = &PrometheusProbe{Query: "bad", Compare: "=~", MaxAge: -1}
			},
			[]string{"spec.hypothesis[0].prometheus.query", "spec.hypothesis[0].prometheus.compare", "spec.hypothesis[0].prometheus.value", "spec.hypothesis[0].prometheus.maxAge"},
		},
		{"empty query", func(d *Document) { d.Spec.Hypothesis[0].Prometheus.Query = " " }, []string{"spec.hypothesis[0].prometheus.query"}},
		{"unknown variable", func(d *Document) { d.Spec.Hypothesis[0].Prometheus.Query = "up{a=\"${pod}\"}" }, []string{"spec.hypothesis[0].prometheus.query"}},
		{"min with component", func(d *Document) { d.Spec.Hypothesis[1].Ready = &ReadyProbe{Component: "api", Min: new(1)} }, []string{"spec.hypothesis[1].ready.min"}},
		{"no min", func(d *Document) { d.Spec.Hypothesis[1].Ready.Min = nil }, []string{"spec.hypothesis[1].ready.min"}},
		{"min of zero", func(d *Document) { d.Spec.Hypothesis[1].Ready.Min = new(0) }, []string{"spec.hypothesis[1].ready.min"}},
		{"bad selector", func(d *Document) { d.Spec.Hypothesis[1].Ready.Labels = "app==" + "=x" }, []string{"spec.hypothesis[1].ready.labels"}},
		{"negative observe", func(d *Document) { d.Spec.Observe = -1 }, []string{"spec.observe"}},
		{"negative interval", func(d *Document) { d.Spec.Interval = -1 }, []string{"spec.interval"}},
		{"interval too short", func(d *Document) { d.Spec.Interval = events.Duration(time.Millisecond) }, []string{"spec.interval"}},
		{"too many samples before", func(d *Document) { d.Spec.Baseline.Samples = 50 }, []string{"spec.baseline.samples"}},
		{"negative samples", func(d *Document) { d.Spec.Baseline.Samples, d.Spec.Recovery.Samples = -1, -1 }, []string{"spec.baseline.samples", "spec.recovery.samples"}},
		{"too many samples", func(d *Document) { d.Spec.Observe = events.Duration(99 * time.Hour) }, []string{"spec.interval"}},
		{"unknown fault", func(d *Document) { d.Spec.Method[0].Fault = "pod-hug" }, []string{"spec.method[0].fault"}},
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
			for _, p := range d.ValidateWith(checkQuery) {
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
		if told, ok := errors.AsType[*events.Error](err); !ok || told.Kind != events.KindInvalid {
			t.Errorf("%s: got %v", name, err)
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
		if len(d.Validate()) > 0 {
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
		if !reflect.DeepEqual(back.WithDefaults(), d.WithDefaults()) && !cmp.Equal(back.WithDefaults(), d.WithDefaults()) {
			t.Error(cmp.Diff(d.WithDefaults(), back.WithDefaults()))
		}
	})
}
