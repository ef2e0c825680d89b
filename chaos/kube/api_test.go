package kube

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
)

// api is an API server of a few lines: what it answers is up to each test.
type api struct {
	mu     sync.Mutex
	routes map[string]http.HandlerFunc
	calls  []string
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := r.Method + " " + r.URL.Path
	if r.URL.Query().Get("watch") != "" {
		key = "WATCH " + r.URL.Path
	}
	a.mu.Lock()
	a.calls = append(a.calls, key)
	answer, ok := a.routes[key]
	a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if !ok {
		status(w, http.StatusNotFound, metav1.StatusReasonNotFound, key)
		return
	}
	answer(w, r)
}

// newAPI serves the routes and gives a cluster that speaks to them.
func newAPI(t *testing.T, routes map[string]http.HandlerFunc) (*Cluster, *api) {
	t.Helper()
	a := &api{routes: routes}
	server := httptest.NewServer(a)
	transport := &http.Transport{}
	c, err := New(&rest.Config{Host: server.URL, Transport: transport}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { transport.CloseIdleConnections(); server.CloseClientConnections(); server.Close() })
	return c, a
}

func (a *api) count(call string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, c := range a.calls {
		if c == call {
			n++
		}
	}
	return n
}

func status(w http.ResponseWriter, code int, reason metav1.StatusReason, message string) {
	w.WriteHeader(code)
	write(w, metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusFailure, Code: int32(code), Reason: reason, Message: message,
	})
}

func write(w http.ResponseWriter, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(http.ErrAbortHandler)
	}
}

func answers(v any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { write(w, v) }
}

func refuses(code int, reason metav1.StatusReason) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { status(w, code, reason, "no: "+string(reason)) }
}

func meta(name, uid, version string, owner ...metav1.OwnerReference) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: name, Namespace: "shop", UID: types.UID(uid), ResourceVersion: version,
		Labels: map[string]string{"app": strings.Split(name, "-")[0]}, OwnerReferences: owner,
	}
}

func controller(kind, name string) metav1.OwnerReference {
	yes := true
	return metav1.OwnerReference{APIVersion: "apps/v1", Kind: kind, Name: name, UID: types.UID(strings.ToLower(kind) + "-" + name), Controller: &yes}
}

func aPod(name, uid, version string) core.Pod {
	return core.Pod{
		TypeMeta: metav1.TypeMeta{Kind: "Pod", APIVersion: "v1"}, ObjectMeta: meta(name, uid, version, controller("ReplicaSet", "api-1")),
		Spec:   core.PodSpec{NodeName: "n1", Containers: []core.Container{{Name: "api"}}},
		Status: core.PodStatus{Phase: core.PodRunning},
	}
}

func podList(version string, pods ...core.Pod) core.PodList {
	return core.PodList{
		TypeMeta: metav1.TypeMeta{Kind: "PodList", APIVersion: "v1"},
		ListMeta: metav1.ListMeta{ResourceVersion: version}, Items: pods,
	}
}

// event is one line of a watch.
func event(kind string, object any) string {
	raw, err := json.Marshal(map[string]any{"type": kind, "object": object})
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// streams answers each watch with the next of the scripts; the last stays open.
func streams(scripts ...[]string) http.HandlerFunc {
	var mu sync.Mutex
	next := 0
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		i := min(next, len(scripts)-1)
		next++
		mu.Unlock()
		w.WriteHeader(http.StatusOK)
		flush := w.(http.Flusher) //nolint:forcetypeassert // net/http's writer is one
		flush.Flush()
		for _, line := range scripts[i] {
			if _, err := fmt.Fprintln(w, line); err != nil {
				return
			}
			flush.Flush()
		}
		if i == len(scripts)-1 {
			<-r.Context().Done()
		}
	}
}
