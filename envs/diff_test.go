package envs

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

// canary is a value that nobody but a container may see.
const canary = "canary-7f3a"

// varied is an environment with something of everything.
func varied() Document {
	d := small("shop", "v1")
	d.Spec.TTL, d.Spec.Chaos.Allow = events.Duration(time.Hour), true
	api := d.Spec.Components["api"]
	api.Env, api.Args = map[string]Variable{"GREETING": {Text: canary}}, []string{"serve", "--motto", canary}
	d.Spec.Components["api"] = api
	d.Spec.Components["web"] = Component{Image: "v1", MinReadySeconds: new(0)}
	return d
}

// by is a document that one component is changed in.
func by(name string, change func(*Component)) func(*Document) {
	return func(d *Document) {
		c := d.Spec.Components[name]
		change(&c)
		d.Spec.Components[name] = c
	}
}

// replace changes an object by hand, as kubectl does.
func replace(r Ref, before, after string) func(*fakeCluster) {
	return func(c *fakeCluster) {
		ns := c.namespaces["shop"]
		changed := strings.Replace(ns.manifests[r], before, after, 1)
		if changed == ns.manifests[r] {
			panic(before + " is not in " + changed)
		}
		ns.manifests[r] = changed
	}
}

// updated is a change of one field of the component api.
func updated(field, is, wanted string) events.EnvironmentChange {
	return events.EnvironmentChange{Verb: "update", Object: "deployment/api", Field: field, Is: is, Wanted: wanted}
}

func whole(verb string, objects ...string) (all []events.EnvironmentChange) {
	for _, o := range objects {
		all = append(all, events.EnvironmentChange{Verb: verb, Object: o})
	}
	return all
}

// container is where the fields of the container of api are.
const container = "spec.template.spec.containers[api]"

// documentCases are changes of the document, with the differences that each makes.
func documentCases() map[string]diffCase {
	return map[string]diffCase{
		"nothing": {},
		"image": {
			document: by("api", func(c *Component) { c.Image = "v2" }),
			want:     []events.EnvironmentChange{updated(container+".image", "v1", "v2")},
		},
		"variable": {
			document: by("api", func(c *Component) { c.Env = map[string]Variable{"GREETING": {Text: canary + "2"}} }),
			want:     []events.EnvironmentChange{updated(container+".env[GREETING]", "", "")},
		},
		"component that went":  {document: func(d *Document) { delete(d.Spec.Components, "web") }, want: whole("prune", "deployment/web")},
		"component that comes": {document: by("db", func(c *Component) { c.Image = "v1" }), want: whole("create", "deployment/db")},
		"seed":                 {document: func(d *Document) { d.Spec.Seed = "data" }, want: whole("seed", "datacopy/data")},
	}
}

// handCases are changes by hand.
func handCases() map[string]diffCase {
	api, shop := Ref{kindDeployment, "api"}, Ref{kindNamespace, "shop"}
	of := func(field, wanted string) []events.EnvironmentChange {
		return []events.EnvironmentChange{{Verb: "update", Object: shop.String(), Field: field, Wanted: wanted}}
	}
	return map[string]diffCase{
		"image by hand":    {cluster: replace(api, `"image":"v1"`, `"image":"v9"`), want: []events.EnvironmentChange{updated(container+".image", "v9", "v1")}},
		"scaled by hand":   {cluster: replace(api, `"replicas":2`, `"replicas":0`), want: []events.EnvironmentChange{updated("spec.replicas", "0", "2")}},
		"argument by hand": {cluster: replace(api, `"serve"`, `"sleep"`), want: []events.EnvironmentChange{updated(container+".args", "", "")}},
		"opt-in by hand":   {cluster: inShop(func(ns *fakeNamespace) { delete(ns.live.Labels, events.LabelChaos) }), want: of("metadata.labels["+events.LabelChaos+"]", "allowed")},
		"document by hand": {cluster: inShop(func(ns *fakeNamespace) { ns.live.Annotations[AnnotationSpec] = "{}" }), want: of(noteField, "")},
		"deleted by hand":  {cluster: inShop(func(ns *fakeNamespace) { delete(ns.objects, api) }), want: whole("create", "deployment/api")},
		"being destroyed": {
			cluster: inShop(func(ns *fakeNamespace) { ns.terminating = true }),
			want:    whole("create", "namespace/shop", "deployment/api", "service/api", "deployment/web"),
		},
		"somebody else's object": {cluster: inShop(func(ns *fakeNamespace) {
			ns.objects[Ref{kindDeployment, "theirs"}] = Live{Ref: Ref{kindDeployment, "theirs"}}
		})},
	}
}

func inShop(change func(*fakeNamespace)) func(*fakeCluster) {
	return func(c *fakeCluster) { change(c.namespaces["shop"]) }
}

type diffCase struct {
	document func(*Document)
	cluster  func(*fakeCluster)
	want     []events.EnvironmentChange
}

// TestDiff: whoever has changed it, what a create would change is a difference, and
// nothing else is. What may be a secret is never shown.
func TestDiff(t *testing.T) {
	t.Parallel()
	cases := documentCases()
	maps.Copy(cases, handCases())
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.start()
			want(t, events.EnvironmentReadyTopic, r.outcome(r.create(varied())))
			if test.cluster != nil {
				r.cluster.change(func() { test.cluster(r.cluster) })
			}
			doc := varied()
			if test.document != nil {
				test.document(&doc)
			}
			r.wantUnchanged(func() { r.wantDifference(doc, name != "being destroyed", test.want) })
		})
	}
}

// wantDifference asks for the differences from the document.
func (r *rig) wantDifference(d Document, exists bool, wanted []events.EnvironmentChange) {
	r.t.Helper()
	got, err := r.diff(d)
	if err != nil || got.Exists != exists {
		r.t.Fatalf("exists %t, error %v", got.Exists, err)
	}
	if diff := cmp.Diff(wanted, got.Changes); diff != "" {
		r.t.Errorf("changes (-want +got):\n%s", diff)
	}
	if raw := string(mustJSON(got)); strings.Contains(raw, canary) || strings.Contains(raw, "digest") {
		r.t.Errorf("a secret is shown: %s", raw)
	}
}

func (r *rig) diff(d Document) (events.EnvironmentDifference, error) {
	ask := events.EnvironmentDiff{Name: d.Metadata.Name, Spec: mustJSON(d)}
	return events.EnvironmentDiffCall.Ask(r.t.Context(), r.bus, r.stamp().First(""), ask)
}

// TestDiffOfTime: the end of an environment that stays as it is, or that was extended, is
// no difference; another ttl is.
func TestDiffOfTime(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(varied())))
	extend := events.EnvironmentExtend{Name: "shop", For: events.Duration(48 * time.Hour)}
	if _, err := events.EnvironmentExtendCall.Ask(t.Context(), r.bus, r.stamp().First(""), extend); err != nil {
		t.Fatal(err)
	}
	if got, err := r.diff(varied()); err != nil || len(got.Changes) > 0 {
		t.Errorf("extended: %+v, %v", got.Changes, err)
	}
	doc := varied()
	doc.Spec.TTL = events.Duration(2 * time.Hour)
	got, err := r.diff(doc)
	if err != nil || len(got.Changes) != 2 || got.Changes[0].Field != "metadata.annotations["+AnnotationEnds+"]" ||
		got.Changes[1].Is != "1h0m0s" || got.Changes[1].Wanted != "2h0m0s" {
		t.Errorf("another ttl: %+v, %v", got.Changes, err)
	}
}

// TestDiffRefuses what a create would refuse.
func TestDiffRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	r.cluster.foreign("shop")
	bad := small("shop", "v1")
	bad.Spec.Components["api"] = Component{}
	for name, test := range map[string]struct {
		document Document
		kind     events.Kind
	}{
		"somebody else's namespace": {small("shop", "v1"), events.KindRefused},
		"invalid":                   {bad, events.KindInvalid},
	} {
		if _, err := r.diff(test.document); events.KindOf(err) != test.kind {
			t.Errorf("%s: error %v, want kind %s", name, err, test.kind)
		}
	}
}

// TestDiffProperties: of any two versions of an environment, the second one has no
// difference once it is applied, and before that has one only if something is written.
func TestDiffProperties(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		c := newFake()
		s := alone(c)
		for range 3 {
			doc := randomDocument(r)
			before, writes := differences(t, s, doc), len(c.written())
			applyAll(t, c, doc)
			if wrote := len(c.written()) > writes; wrote != (before > 0) {
				t.Fatalf("seed %d: %d differences, written %t: %s", seed, before, wrote, mustJSON(doc))
			}
			if after := differences(t, s, doc); after > 0 {
				t.Fatalf("seed %d: %d differences from what was applied: %s", seed, after, mustJSON(doc))
			}
		}
	}
}

// alone is a service that answers without a bus, at the beginning of time.
func alone(c Cluster) *Service {
	return &Service{deps: Deps{Installation: here, Cluster: c, Config: DefaultConfig(), Stamp: events.Stamp{Now: func() time.Time { return time.Unix(0, 0) }}}}
}

func differences(t *testing.T, s *Service, d Document) int {
	t.Helper()
	got, err := s.difference(t.Context(), events.EnvironmentDiff{Name: d.Metadata.Name, Spec: mustJSON(d)})
	if err != nil {
		t.Fatal(err)
	}
	return len(got.Changes)
}

// applyAll carries out the plan of a document.
func applyAll(t *testing.T, c *fakeCluster, d Document) {
	t.Helper()
	now, err := c.Observe(t.Context(), d.Metadata.Name)
	if err != nil {
		t.Fatal(err)
	}
	wanted := d.Objects(Origin{Installation: here, Ends: never}, time.Unix(0, 0).UTC().Format(time.RFC3339))
	plan, err := NewPlan(wanted, now, events.Owner{Installation: here, Environment: d.Metadata.Name}, Origin{})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range plan {
		if step.Verb == Prune {
			err = c.Remove(t.Context(), step.Live, anyLive)
		} else {
			_, err = c.Apply(t.Context(), step.Object, step.Live, anyLive)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func anyLive(Live) error { return nil }

// TestCompare: what is of a list, of a key with dots, and of a field that is gone.
func TestCompare(t *testing.T) {
	t.Parallel()
	p := Preview{
		Is: json.RawMessage(`{"metadata":{"uid":"1","labels":{"a":"1","shakedown.dev/chaos":"allowed"},"annotations":{"shakedown.dev/digest":"1"}},
			"spec":{"ports":[{"port":80},{"port":81}],"tolerations":["a"],"resources":{"limits":{"cpu":"1"}},"gone":{"deep":true}},"status":{"x":1}}`),
		Wanted: json.RawMessage(`{"metadata":{"uid":"2","labels":{"a":"2","shakedown.dev/chaos":"no"},"annotations":{"shakedown.dev/digest":"2"}},
			"spec":{"ports":[{"port":80},{"port":82}],"tolerations":["b"],"resources":{"limits":{"cpu":"2"}}},"status":{"x":2}}`),
	}
	got, err := compare(Ref{kindService, "api"}, p)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, c := range got {
		lines = append(lines, fmt.Sprintf("%s %s: %s > %s", c.Object, c.Field, c.Is, c.Wanted))
	}
	wanted := []string{
		"service/api metadata.labels.a:  > ",
		"service/api metadata.labels[shakedown.dev/chaos]: allowed > no",
		"service/api spec.gone.deep:  > ",
		"service/api spec.ports[1].port: 81 > 82",
		"service/api spec.resources.limits.cpu: 1 > 2",
		"service/api spec.tolerations:  > ",
	}
	if diff := cmp.Diff(wanted, lines); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}

// TestDiffOfAnUnknownState: a cluster that cannot be read is an error, not "no difference".
func TestDiffOfAnUnknownState(t *testing.T) {
	t.Parallel()
	c := newFake()
	s := alone(c)
	applyAll(t, c, small("shop", "v1").WithDefaults())
	c.down = true
	_, err := s.difference(t.Context(), events.EnvironmentDiff{Name: "shop", Spec: mustJSON(small("shop", "v1"))})
	if events.KindOf(err) != events.KindUnavailable {
		t.Errorf("error %v", err)
	}
}

// TestReadOnly: a service for questions answers them, and leaves requests and environments
// whose time is over to others.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	want(t, events.EnvironmentReadyTopic, r.outcome(r.create(varied())))
	r.config.ReadOnly, r.config.ExpiryEvery = true, time.Millisecond
	r.start()
	r.wantUnchanged(func() {
		r.create(small("other", "v1"))
		r.cluster.change(func() { r.cluster.namespaces["shop"].live.Annotations[AnnotationEnds] = "2020-01-01T00:00:00Z" })
		r.wantDifference(varied(), true, nil)
		r.wantDifference(varied(), true, nil)
	})
	r.config.ReadOnly = false
	r.start()
	if err := r.cluster.await(t.Context(), func() bool { return r.cluster.namespaces["other"] != nil }); err != nil {
		t.Error(err)
	}
}
