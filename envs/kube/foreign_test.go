package kube

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

const (
	madeOf  = `"labels":{"app.kubernetes.io/managed-by":"shakedown","shakedown.dev/environment":"shop"`
	ours    = madeOf + `,"shakedown.dev/installation":"here"}`
	others  = madeOf + `,"shakedown.dev/installation":"there"}`
	byOwner = `"ownerReferences":[{"controller":true,"uid":`
)

// contents are the answers of an API server that knows some kinds of objects, by path.
func contents() map[string]string {
	const verbs = `"verbs":["delete","list"]}`
	in := func(path, plural string, items ...string) (string, string) {
		return path + "/namespaces/shop/" + plural, `{"items":[{"metadata":` + strings.Join(items, `},{"metadata":`) + `}]}`
	}
	all := map[string]string{
		"/apis": `{"groups":[{"versions":[{"groupVersion":"apps/v1"}]},{"versions":[{"groupVersion":"example.com/v1"},{"groupVersion":"example.com/v1beta1"}]}]}`,
		"/api/v1": `{"resources":[
			{"name":"namespaces","kind":"Namespace",` + verbs + `,
			{"name":"bindings","namespaced":true,"kind":"Binding","verbs":["create"]},
			{"name":"pods/log","namespaced":true,"kind":"Pod","verbs":["get"]},
			{"name":"pods","namespaced":true,"kind":"Pod",` + verbs + `,{"name":"events","namespaced":true,"kind":"Event",` + verbs + `,
			{"name":"secrets","namespaced":true,"kind":"Secret",` + verbs + `,{"name":"configmaps","namespaced":true,"kind":"ConfigMap",` + verbs + `,
			{"name":"serviceaccounts","namespaced":true,"kind":"ServiceAccount",` + verbs + `]}`,
		"/apis/apps/v1":             `{"resources":[{"name":"deployments","namespaced":true,"kind":"Deployment",` + verbs + `,{"name":"replicasets","namespaced":true,"kind":"ReplicaSet",` + verbs + `]}`,
		"/apis/example.com/v1":      `{"resources":[{"name":"boats","namespaced":true,"kind":"Boat",` + verbs + `]}`,
		"/apis/example.com/v1beta1": `{"resources":[{"name":"boats","namespaced":true,"kind":"Boat",` + verbs + `,{"name":"oars","namespaced":true,"kind":"Oar",` + verbs + `]}`,
	}
	for _, list := range [][]string{
		{
			"/api/v1", "pods", `{"name":"api-1-x","uid":"p1",` + byOwner + `"r1"}]}`, `{"name":"debug","uid":"p2"}`, `{"name":"left","uid":"p3",` + byOwner + `"gone"}]}`, `{"name":"going","uid":"p4","deletionTimestamp":"2027-01-01T00:00:00Z"}`,
			`{"name":"of-a-pruned-one","uid":"p5",` + madeOf + `},` + byOwner + `"gone"}]}`,
		},
		{"/api/v1", "secrets", `{"name":"token","uid":"s1","annotations":{"kubernetes.io/service-account.name":"default"}}`, `{"name":"password","uid":"s2"}`},
		{"/api/v1", "configmaps", `{"name":"kube-root-ca.crt","uid":"c1"}`, `{"name":"theirs","uid":"c2","labels":{"app.kubernetes.io/managed-by":"Helm"}}`},
		{"/api/v1", "serviceaccounts", `{"name":"default","uid":"a1"}`, `{"name":"robot","uid":"a2"}`},
		{"/apis/apps/v1", "deployments", `{"name":"api","uid":"d1",` + ours + `}`, `{"name":"by-hand","uid":"d2"}`, `{"name":"of-others","uid":"d3",` + others + `}`, `{"name":"unadopted","uid":"d4",` + madeOf + `}}`},
		{"/apis/apps/v1", "replicasets", `{"name":"api-1","uid":"r1",` + byOwner + `"d1"}]}`, `{"name":"by-hand-1","uid":"r2",` + byOwner + `"d2"}]}`},
		{"/apis/example.com/v1", "boats", `{"name":"whale","uid":"b1"}`},
		{"/apis/example.com/v1beta1", "oars", `{"name":"long","uid":"o1"}`},
	} {
		path, body := in(list[0], list[1], list[2:]...)
		all[path] = body
	}
	return all
}

func shopOwner() events.Owner { return events.Owner{Installation: "here", Environment: "shop"} }

// holding is a cluster that answers with the contents; what is left out of them is
// forbidden.
func holding(t *testing.T, contents map[string]string) *Cluster {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, ok := contents[r.URL.Path]
		if !ok {
			refusal(apierrors.NewForbidden(schema.GroupResource{}, "", errors.New("no right")))(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	})
}

// TestForeign: what neither we nor Kubernetes have made is named, of every kind that
// there is; what belongs to another object goes by that.
func TestForeign(t *testing.T) {
	t.Parallel()
	got, err := holding(t, contents()).Foreign(t.Context(), shopOwner())
	if err != nil {
		t.Fatal(err)
	}
	want := envs.Foreign{Objects: []envs.Ref{
		{Kind: "Boat", Name: "whale"},
		{Kind: "ConfigMap", Name: "theirs"},
		{Kind: "Deployment", Name: "by-hand"},
		{Kind: "Deployment", Name: "of-others"},
		{Kind: "Deployment", Name: "unadopted"},
		{Kind: "Oar", Name: "long"},
		{Kind: "Pod", Name: "debug"},
		{Kind: "Pod", Name: "left"},
		{Kind: "Secret", Name: "password"},
		{Kind: "ServiceAccount", Name: "robot"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("foreign (-want +got):\n%s", diff)
	}
}

// TestForeignSaysWhatItCannotList: a kind and a group that cannot be read are named,
// and an API server that cannot be read at all is an error.
func TestForeignSaysWhatItCannotList(t *testing.T) {
	t.Parallel()
	some := contents()
	delete(some, "/api/v1/namespaces/shop/secrets")
	delete(some, "/apis/example.com/v1beta1")
	got, err := holding(t, some).Foreign(t.Context(), shopOwner())
	if err != nil || len(got.Unlisted) != 2 || len(got.Objects) != 8 ||
		!strings.HasPrefix(got.Unlisted[0], "all of example.com/v1beta1 (forbidden: ") || !strings.HasPrefix(got.Unlisted[1], "secrets (forbidden: ") {
		t.Errorf("got %+v, %v", got, err)
	}
	delete(some, "/apis")
	if _, err := holding(t, some).Foreign(t.Context(), shopOwner()); err == nil {
		t.Error("no error, although the groups cannot be read")
	}
	if _, err := connect(t, "http://127.0.0.1:1").Foreign(t.Context(), shopOwner()); err == nil {
		t.Error("no error, although there is no API server")
	}
}

// TestForeignReadsAllPages: a list in two answers is whole.
func TestForeignReadsAllPages(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		body := `{"metadata":{"continue":"more"},"items":[{"metadata":{"name":"a","uid":"1"}}]}`
		if r.URL.Query().Get("continue") == "more" {
			body = `{"items":[{"metadata":{"name":"b","uid":"2"}}]}`
		}
		_, _ = io.WriteString(w, body)
	})
	got, err := c.listAll(t.Context(), "shop", kind{path: "/api/v1", plural: "pods", name: "Pod"})
	if err != nil || len(got) != 2 || got[0].meta.Name != "a" || got[1].meta.Name != "b" {
		t.Errorf("got %+v, %v", got, err)
	}
}
