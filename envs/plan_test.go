package envs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/golden"
)

func TestObjectsGolden(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	for _, o := range shop().WithDefaults().Objects(Origin{Template: "shop", Project: "p", Revision: "r", Installation: here}, "2026-11-21T10:00:00Z") {
		if err := json.Indent(&out, o.Manifest, "", "  "); err != nil {
			t.Fatal(err)
		}
		out.WriteByte('\n')
	}
	golden.Equal(t, "shop.json", out.Bytes())
}

// become is what there is after a plan was carried out on what there was.
func become(now Current, plan Plan) Current {
	next := Current{Namespace: now.Namespace}
	for _, live := range now.Objects {
		if !hasStep(plan, live.Ref) {
			next.Objects = append(next.Objects, live)
		}
	}
	for _, s := range plan {
		if s.Verb == Prune {
			continue
		}
		live := liveOf(s.Object)
		if s.Kind == kindNamespace {
			next.Namespace = &live
		} else {
			next.Objects = append(next.Objects, live)
		}
	}
	return next
}

func hasStep(plan Plan, r Ref) bool {
	for _, s := range plan {
		if s.Ref == r {
			return true
		}
	}
	return false
}

func liveOf(o Object) Live {
	var m struct {
		Metadata struct {
			Labels, Annotations map[string]string
		}
	}
	if err := json.Unmarshal(o.Manifest, &m); err != nil {
		panic(err)
	}
	return Live{Ref: o.Ref, Namespace: o.Namespace, UID: "uid-" + o.String(), Labels: m.Metadata.Labels, Annotations: m.Metadata.Annotations}
}

// TestPlanProperties: for any two versions of an environment and any objects of
// others beside it, the plan leads from one to the other, then has nothing left
// to do, and never names an object of others.
func TestPlanProperties(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		foreign := []Live{{Ref: Ref{kindDeployment, "foreign"}}, {Ref: Ref{kindService, "foreign"}, Labels: map[string]string{events.LabelManagedBy: events.Manager}}}
		before, after := randomDocument(r), randomDocument(r)
		first, err := NewPlan(before.Objects(made(), "c"), Current{}, own("env"), Origin{})
		if err != nil {
			t.Fatal(err)
		}
		now := become(Current{}, first)
		now.Objects = append(now.Objects, foreign...)
		wanted := after.Objects(made(), "c")
		plan, err := NewPlan(wanted, now, own("env"), Origin{})
		if err != nil {
			t.Fatal(err)
		}
		then := become(now, plan)
		if len(then.Objects) != len(wanted)-1+len(foreign) {
			t.Fatalf("seed %d: %d objects afterwards, want %d and %d foreign", seed, len(then.Objects), len(wanted)-1, len(foreign))
		}
		again, err := NewPlan(wanted, then, own("env"), Origin{})
		if err != nil || len(again.Changes()) > 0 {
			t.Fatalf("seed %d: the plan of what was applied has changes: %v %v", seed, again.Changes(), err)
		}
		for _, s := range plan {
			if s.Name == "foreign" {
				t.Fatalf("seed %d: a foreign object is in the plan: %v", seed, s)
			}
		}
	}
}

func randomDocument(r *rand.Rand) Document {
	d := Document{Header: events.NewHeader(Kind, "env"), Spec: Spec{Components: map[string]Component{}}}
	for range 1 + r.IntN(4) {
		c := Component{Image: fmt.Sprint("image:", r.IntN(3)), Replicas: new(r.IntN(3))}
		if r.IntN(2) == 0 {
			c.Ports = []Port{{Port: 1 + r.IntN(3)}}
		}
		d.Spec.Components[fmt.Sprint("c", r.IntN(5))] = c
	}
	return d.WithDefaults()
}

func TestPlanOrder(t *testing.T) {
	t.Parallel()
	now := become(Current{}, mustPlan(t, shop(), Current{}))
	next := shop()
	delete(next.Spec.Components, "api")
	c := next.Spec.Components["worker"]
	c.Image = "shop:v2"
	next.Spec.Components["worker"] = c
	next.Spec.Components["web"] = Component{Image: "shop:v2"}
	var got []string
	for _, s := range mustPlan(t, next, now) {
		got = append(got, fmt.Sprintf("%d %s %s", s.Stage, s.Verb, s.Ref))
	}
	want := []string{
		"0 update namespace/shop", "1 create deployment/web", "1 update deployment/worker",
		"2 prune deployment/api", "2 prune service/api",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func mustPlan(t *testing.T, d Document, now Current) Plan {
	t.Helper()
	plan, err := NewPlan(d.WithDefaults().Objects(made(), "c"), now, own("shop"), Origin{})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// labelled are the labels that an installation puts on objects of the environment shop.
func labelled(installation string) map[string]string {
	return map[string]string{events.LabelManagedBy: events.Manager, events.LabelEnvironment: "shop", events.LabelInstallation: installation}
}

func TestPlanRefuses(t *testing.T) {
	t.Parallel()
	ours := become(Current{}, mustPlan(t, shop(), Current{}))
	for name, test := range map[string]struct {
		now  Current
		from Origin
		want string
	}{
		"foreign namespace": {
			now:  Current{Namespace: &Live{Ref: Ref{kindNamespace, "shop"}}},
			want: "namespace shop exists and is not ours: it lacks the label app.kubernetes.io/managed-by=shakedown",
		},
		"namespace of another environment": {
			now:  Current{Namespace: &Live{Ref: Ref{kindNamespace, "shop"}, Labels: map[string]string{events.LabelManagedBy: events.Manager, events.LabelEnvironment: "x"}}},
			want: "namespace shop exists and is not ours: it lacks the label shakedown.dev/environment=shop",
		},
		"namespace of another installation": {
			now:  Current{Namespace: &Live{Ref: Ref{kindNamespace, "shop"}, Labels: labelled("there")}},
			want: "namespace shop exists and belongs to installation there, and this one is here",
		},
		"namespace of no installation": {
			now:  Current{Namespace: &Live{Ref: Ref{kindNamespace, "shop"}, Labels: labelled("")}},
			want: "namespace shop exists and belongs to no installation: an earlier version has made it (this installation is here)",
		},
		"object of another installation": {
			now:  Current{Namespace: ours.Namespace, Objects: []Live{{Ref: Ref{kindService, "api"}, Namespace: "shop", Labels: labelled("there")}}},
			want: "service/api in namespace shop exists and belongs to installation there, and this one is here",
		},
		"foreign object": {
			now:  Current{Namespace: ours.Namespace, Objects: []Live{{Ref: Ref{kindService, "api"}, Namespace: "shop"}}},
			want: "service/api in namespace shop exists and is not ours: it lacks the label app.kubernetes.io/managed-by=shakedown",
		},
		"another project": {
			now:  Current{Namespace: &Live{Ref: Ref{kindNamespace, "shop"}, Labels: ours.Namespace.Labels, Annotations: map[string]string{AnnotationProject: "a"}}},
			from: Origin{Project: "b"},
			want: "environment shop belongs to project a, not to b",
		},
		"by hand": {
			now:  Current{Namespace: &Live{Ref: Ref{kindNamespace, "shop"}, Labels: ours.Namespace.Labels}},
			from: Origin{Project: "b"},
			want: "environment shop was made by hand, and not by project b",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := NewPlan(shop().WithDefaults().Objects(made(), "c"), test.now, own("shop"), test.from)
			if e, ok := errors.AsType[*events.Error](err); !ok || e.Kind != events.KindRefused || e.Message != test.want || strings.TrimSpace(e.Advice) == "" {
				t.Errorf("error %v, want a refusal: %s", err, test.want)
			}
		})
	}
}
