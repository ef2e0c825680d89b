package kube

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// TestNeedsAreWhatIsCalled: what each kind says that it needs allows every call that it
// makes on its way, and has nothing that no call uses.
func TestNeedsAreWhatIsCalled(t *testing.T) {
	for i, kind := range pod.Kinds(nil) {
		about := kind.Describe()
		t.Run(about.Name, func(t *testing.T) {
			called := permissionsUsed(t, i, about)
			for _, need := range about.Needs {
				for _, verb := range need.Verbs {
					if use := permission(verb, need.Group, need.Resource); !called[use] {
						t.Errorf("%s is needed, and no call uses it: %v", use, called)
					}
				}
			}
			for use := range called {
				if !allows(about.Needs, use) {
					t.Errorf("%s is used, and not among what is needed", use)
				}
			}
		})
	}
}

func permission(verb, group, resource string) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", verb, resource, group))
}

func allows(needs []events.Permission, use string) bool {
	return slices.ContainsFunc(needs, func(p events.Permission) bool {
		return slices.ContainsFunc(p.Verbs, func(verb string) bool { return permission(verb, p.Group, p.Resource) == use })
	})
}

// permissionsUsed lets a kind go its way on a small API server, and lists what it takes.
// Owners of every kind that it may hit are hit.
func permissionsUsed(t *testing.T, i int, about chaos.Description) map[string]bool {
	t.Helper()
	used := map[string]bool{}
	for _, owner := range []string{"deployment", "statefulset", "daemonset"} {
		if owner == "daemonset" && about.Name == pod.OutageName {
			continue // a guard refuses it
		}
		c, a := newAPI(t, smallCluster(owner))
		kind := pod.Kinds(c)[i]
		req := events.FaultInject{
			Fault: "f1", Run: "r1", Kind: about.Name, Namespace: "shop", Target: events.FaultTarget{Labels: "app=api"}, Budget: events.Duration(1e9),
		}
		survey, err := kind.Survey(t.Context(), req, 7)
		if err != nil {
			t.Fatal(err)
		}
		victims, err := survey.Victims()
		if err != nil {
			t.Fatal(err)
		}
		o := chaos.Order{Request: req, Victims: victims, Kept: survey.Kept()}
		f, err := survey.Follow(t.Context())
		if err == nil {
			f.Close()
		}
		_ = kind.Inject(t.Context(), o, victims[0].Victim) // what it answers does not matter here
		o.Victims[0].Hit = true
		_, _, _ = kind.Effect(t.Context(), o, victims[0].Victim)
		_, _ = kind.Revert(t.Context(), o)
		a.mu.Lock()
		for _, call := range a.calls {
			used[useOf(t, call)] = true
		}
		a.mu.Unlock()
	}
	return used
}

// useOf is the permission that a call takes, as the API server reads its path.
func useOf(t *testing.T, call string) string {
	t.Helper()
	method, path, _ := strings.Cut(call, " ")
	parts := strings.Split(strings.Trim(path, "/"), "/")
	group := ""
	if parts[0] == "apis" {
		group, parts = parts[1], parts[3:]
	} else {
		parts = parts[2:]
	}
	if parts[0] == "namespaces" && len(parts) > 2 {
		parts = parts[2:]
	}
	resource, named := parts[0], len(parts) > 1
	if len(parts) == 3 {
		resource += "/" + parts[2]
	}
	verbs := map[string]string{"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "WATCH": "watch"}
	verb, known := verbs[method]
	switch {
	case known:
	case named:
		verb = "get"
	default:
		verb = "list"
	}
	return permission(verb, group, resource)
}

// smallCluster has one pod of an owner of that kind, whose ReplicaSet has to be asked for
// what is above it.
func smallCluster(owner string) map[string]http.HandlerFunc {
	above := controller(map[string]string{"deployment": "ReplicaSet", "statefulset": "StatefulSet", "daemonset": "DaemonSet"}[owner], "api")
	p := running(nil)
	p.OwnerReferences = []metav1.OwnerReference{above}
	set := apps.ReplicaSet{
		TypeMeta: metav1.TypeMeta{Kind: "ReplicaSet", APIVersion: "apps/v1"}, ObjectMeta: meta("api", "replicaset-api", "1", controller("Deployment", "api")),
	}
	list := func(kind string) http.HandlerFunc {
		return answers(map[string]any{"kind": kind + "List", "apiVersion": "apps/v1", "metadata": map[string]any{"resourceVersion": "1"}, "items": []any{}})
	}
	const base = "/apis/apps/v1/namespaces/shop/"
	one := func(w http.ResponseWriter, r *http.Request) {
		kind := strings.TrimSuffix(strings.Split(strings.TrimPrefix(r.URL.Path, base), "/")[0], "s")
		raw, _ := json.Marshal(map[string]any{
			"kind": kind, "apiVersion": "apps/v1", "spec": map[string]any{"replicas": 0},
			"metadata": map[string]any{"name": "api", "uid": kind + "-api", "resourceVersion": "1"},
		})
		_, _ = w.Write(raw)
	}
	routes := map[string]http.HandlerFunc{
		"GET /api/v1/namespaces/shop":      answers(map[string]any{"kind": "Namespace", "apiVersion": "v1", "metadata": map[string]any{"name": "shop"}}),
		"GET /api/v1/namespaces/shop/pods": answers(podList("1", p)), "WATCH /api/v1/namespaces/shop/pods": streams(nil),
		"GET " + podPath: answers(p), "DELETE " + podPath: answers(p), "POST " + podPath + "/eviction": answers(p), strikePath: answers(p),
		"GET " + base + "replicasets": list("ReplicaSet"), "GET " + base + "replicasets/api": answers(set),
		"GET /apis/policy/v1/namespaces/shop/poddisruptionbudgets":          answers(map[string]any{"kind": "PodDisruptionBudgetList", "apiVersion": "policy/v1", "metadata": map[string]any{}, "items": []any{}}),
		"GET /apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers": answers(map[string]any{"kind": "HorizontalPodAutoscalerList", "apiVersion": "autoscaling/v2", "metadata": map[string]any{}, "items": []any{}}),
	}
	for plural, kind := range map[string]string{"deployments": "Deployment", "statefulsets": "StatefulSet", "daemonsets": "DaemonSet"} {
		routes["GET "+base+plural], routes["WATCH "+base+plural] = list(kind), streams(nil)
		routes["GET "+base+plural+"/api"], routes["PATCH "+base+plural+"/api"] = one, one
	}
	return routes
}
