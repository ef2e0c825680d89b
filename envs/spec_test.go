package envs

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

func shop() Document {
	d := Document{
		Header: events.NewHeader(Kind, "shop"),
		Spec: Spec{
			TTL: events.Duration(72 * time.Hour), Chaos: Chaos{Allow: true},
			Components: map[string]Component{
				"api": {
					Image: "shop:v1", Replicas: new(3), Args: []string{"api"}, Env: map[string]Variable{"CART_URL": {Text: "http://cart:8080"}, "A": {Text: "$(B)"}, "KEY": {Secret: "shop", Key: "api.key"}},
					Ports: []Port{{Name: "http", Port: 80, TargetPort: 8080}},
					Probes: Probes{
						Readiness: &Probe{HTTPGet: &HTTPGet{Path: "/readyz", Port: 8080}, PeriodSeconds: 1},
						Liveness:  &Probe{TCP: &TCP{Port: 8080}},
						Startup:   &Probe{Exec: &Exec{Command: []string{"/shop", "check"}}},
					},
					Resources:              Resources{Requests: map[string]Quantity{"cpu": "10m", "memory": "32Mi"}, Limits: map[string]Quantity{"memory": "64Mi"}},
					Annotations:            map[string]string{"prometheus.io/scrape": "true"},
					Labels:                 map[string]string{"tier": "middle"},
					TerminationGracePeriod: new(events.Duration(15 * time.Second)),
				},
				"worker": {Image: "shop:v1", Command: []string{"/shop"}},
			},
		},
	}
	d.Metadata.Labels = map[string]string{"team": "shop"}
	return d
}

func TestValidate(t *testing.T) {
	t.Parallel()
	api := func(change func(*Component)) func(*Document) {
		return func(d *Document) {
			c := d.Spec.Components["api"]
			change(&c)
			d.Spec.Components["api"] = c
		}
	}
	for name, test := range map[string]struct {
		change func(*Document)
		want   []string
	}{
		"good":             {func(*Document) {}, nil},
		"kind and version": {func(d *Document) { d.Kind, d.APIVersion = "Pod", "v1" }, []string{"apiVersion", "kind"}},
		"no name":          {func(d *Document) { d.Metadata.Name = "" }, []string{"metadata.name"}},
		"name too long":    {func(d *Document) { d.Metadata.Name = strings.Repeat("a", 64) }, []string{"metadata.name"}},
		"name no label":    {func(d *Document) { d.Metadata.Name = "Shop_1" }, []string{"metadata.name"}},
		"deploys abort":    {func(d *Document) { d.Spec.Chaos.OnDeploy = OnDeployAbort }, nil},
		"deploys explode":  {func(d *Document) { d.Spec.Chaos.OnDeploy = "explode" }, []string{"spec.chaos.onDeploy"}},
		"our label":        {func(d *Document) { d.Metadata.Labels["shakedown.dev/chaos"] = "allowed" }, []string{"metadata.labels.shakedown.dev/chaos"}},
		"label value":      {func(d *Document) { d.Metadata.Labels["team"] = "a b" }, []string{"metadata.labels.team"}},
		"ttl":              {func(d *Document) { d.Spec.TTL = -1 }, []string{"spec.ttl"}},
		"no components":    {func(d *Document) { d.Spec.Components = nil }, []string{"spec.components"}},
		"component name":   {func(d *Document) { d.Spec.Components["1a"] = Component{Image: "x"} }, []string{"spec.components.1a"}},
		"no image":         {api(func(c *Component) { c.Image = "" }), []string{"spec.components.api.image"}},
		"image name":       {api(func(c *Component) { c.Image = "registry.example/Acme/Shop:1" }), []string{"spec.components.api.image"}},
		"escape sequence":  {api(func(c *Component) { c.Image = "a\x1b[31mb" }), []string{"spec.components.api.image"}},
		"negative count":   {api(func(c *Component) { c.Replicas = new(-1) }), []string{"spec.components.api.replicas"}},
		"hold":             {api(func(c *Component) { c.MinReadySeconds = new(-1) }), []string{"spec.components.api.minReadySeconds"}},
		"long hold":        {api(func(c *Component) { c.MinReadySeconds = new(301) }), []string{"spec.components.api.minReadySeconds"}},
		"env name":         {api(func(c *Component) { c.Env["A=B"] = Variable{} }), []string{"spec.components.api.env.A=B"}},
		"ports": {
			api(func(c *Component) {
				c.Ports = []Port{{Port: 0, Protocol: "tcp"}, {Name: "a", Port: 1}, {Name: "a", Port: 1, TargetPort: 70000}}
			}),
			[]string{
				"spec.components.api.ports[0].port", "spec.components.api.ports[0].protocol", "spec.components.api.ports[0].name",
				"spec.components.api.ports[2].targetPort", "spec.components.api.ports[2].name", "spec.components.api.ports[2].port",
			},
		},
		"probe of two kinds": {api(func(c *Component) { c.Probes.Readiness.TCP = &TCP{Port: 1} }), []string{"spec.components.api.probes.readiness"}},
		"probe of no kind":   {api(func(c *Component) { c.Probes.Liveness = &Probe{} }), []string{"spec.components.api.probes.liveness"}},
		"successes":          {api(func(c *Component) { c.Probes.Liveness.SuccessThreshold = 2 }), []string{"spec.components.api.probes.liveness.successThreshold"}},
		"quantity":           {api(func(c *Component) { c.Resources.Requests["cpu"] = "ten" }), []string{"spec.components.api.resources.requests.cpu"}},
		"milli-bytes":        {api(func(c *Component) { c.Resources.Requests["memory"] = "200m" }), []string{"spec.components.api.resources.requests.memory"}},
		"bare number":        {api(func(c *Component) { c.Resources.Limits["ephemeral-storage"] = "64" }), []string{"spec.components.api.resources.limits.ephemeral-storage"}},
		"nothing of it":      {api(func(c *Component) { c.Resources.Requests["memory"] = "0" }), nil},
		"milli-CPUs":         {api(func(c *Component) { c.Resources.Requests["cpu"] = "100m" }), nil},
		"resource":           {api(func(c *Component) { c.Resources.Requests["gpu"] = "1" }), []string{"spec.components.api.resources.requests.gpu"}},
		"over the limit":     {api(func(c *Component) { c.Resources.Requests["memory"] = "0.1Gi" }), []string{"spec.components.api.resources.requests.memory"}},
		"grace":              {api(func(c *Component) { *c.TerminationGracePeriod = 1 }), []string{"spec.components.api.terminationGracePeriod"}},
		"too long":           {api(func(c *Component) { c.Env["A"] = Variable{Text: strings.Repeat("a", maxSpec)} }), []string{"spec"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := shop().WithDefaults()
			test.change(&d)
			var keys []string
			for _, p := range d.Validate() {
				keys = append(keys, p.Key)
			}
			if diff := cmp.Diff(test.want, keys); diff != "" {
				t.Errorf("keys of problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestQuantity(t *testing.T) {
	t.Parallel()
	for text, want := range map[Quantity]string{
		"10m": "1/100", "1": "1/1", "1.5": "3/2", "64Mi": "67108864/1", "2k": "2000/1", "1n": "1/1000000000", "+3": "3/1", ".5": "1/2", "5.": "5/1",
		"1e9": "1000000000/1", "1E3": "1000/1", "1e0": "1/1", "1e+3": "1000/1", "12e-3": "3/250", "1E": "1000000000000000000/1", "0.5e1": "5/1",
		"1e": "", "1e1e1": "", "1e100": "", "1e-100": "", "1e9Mi": "", "1e 3": "", "1e+": "", "e3": "", "1e+-3": "", "1e1.5": "",
		"": "", "m": "", "1e3x": "", "-1": "", "1KiB": "", "1.2.3": "", "1/2": "", "++1": "", "0x10": "", " 1": "", "1 ": "",
	} {
		got, err := quantity(text)
		if (err != nil) != (want == "") || err == nil && got.String() != want {
			t.Errorf("quantity(%q) = %v, %v; want %q", text, got, err, want)
		}
	}
}

func TestParseIsStrict(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"unknown field": `{"kind":"Environment","spec":{"component":{}}}`,
		"wrong type":    `{"spec":{"components":{"api":{"replicas":"three"}}}}`,
		"duration":      `{"spec":{"ttl":"three days"}}`,
		"more":          `{} {}`,
		"no JSON":       `kind: Environment`,
	} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestWithDefaultsLeavesTheReceiver(t *testing.T) {
	t.Parallel()
	d := shop()
	full := d.WithDefaults()
	if diff := cmp.Diff(shop(), d); diff != "" {
		t.Errorf("receiver changed (-want +got):\n%s", diff)
	}
	if got := full.Spec.Components["worker"].Wanted(); got != 1 {
		t.Errorf("default replicas = %d, want 1", got)
	}
	if diff := cmp.Diff(full, full.WithDefaults()); diff != "" {
		t.Errorf("defaults are not stable (-once +twice):\n%s", diff)
	}
}

// FuzzParse: whatever parses and is valid can be written, read again and planned.
func FuzzParse(f *testing.F) {
	seed, err := json.Marshal(shop())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte(`{"apiVersion":"shakedown.dev/v1","kind":"Environment","metadata":{"name":"a"},"spec":{"components":{"a":{"image":"x","resources":{"limits":{"cpu":"1e"}}}}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := Parse(raw)
		if err != nil {
			return
		}
		d = d.WithDefaults()
		if len(d.Validate()) > 0 {
			return
		}
		again, err := Parse(mustJSON(d))
		if err != nil {
			t.Fatalf("a valid document does not parse again: %v", err)
		}
		if got, want := mustJSON(again.WithDefaults()), mustJSON(d); string(got) != string(want) {
			t.Fatalf("document changes when written and read:\n%s\n%s", want, got)
		}
		if _, err := NewPlan(d.Objects(made(), "now"), Current{}, own(d.Metadata.Name), Origin{}); err != nil {
			t.Fatalf("no plan for a valid document: %v", err)
		}
	})
}
