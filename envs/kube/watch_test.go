package kube

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

func podList(names ...string) corev1.PodList {
	list := corev1.PodList{TypeMeta: metav1.TypeMeta{Kind: "PodList", APIVersion: "v1"}}
	list.ResourceVersion = "1"
	for _, name := range names {
		list.Items = append(list.Items, corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}})
	}
	return list
}

func event(w http.ResponseWriter, kind string, object any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(map[string]any{"type": kind, "object": object}); err != nil {
		panic(err)
	}
	w.(http.Flusher).Flush()
}

// TestWatchSurvives: the first watch of pods ends with "too old", so a new list is
// taken; the second with a lost connection, and the third goes on where it was.
// Pods are listed once the Deployments have been, so that each list is shown.
func TestWatchSurvives(t *testing.T) {
	t.Parallel()
	var lists, watches atomic.Int32
	listed := make(chan struct{})
	done := sync.OnceFunc(func() { close(listed) })
	versions := make(chan string, 3)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		watching := r.URL.Query().Get("watch") == "true"
		switch {
		case strings.HasSuffix(r.URL.Path, "/deployments") && watching:
			done()
			<-r.Context().Done()
		case strings.HasSuffix(r.URL.Path, "/deployments"):
			answer(w, 200, appsv1.DeploymentList{TypeMeta: metav1.TypeMeta{Kind: "DeploymentList", APIVersion: "apps/v1"}})
		case !watching:
			select {
			case <-listed:
			case <-r.Context().Done():
			}
			answer(w, 200, podList([][]string{{"a"}, {"b"}}[lists.Add(1)-1]...))
		default:
			versions <- r.URL.Query().Get("resourceVersion")
			podWatch(w, r, int(watches.Add(1)))
		}
	})
	var seen []string
	err := c.Watch(t.Context(), shopOwner(), func(s envs.Snapshot) bool {
		var names []string
		for _, p := range s.Pods {
			names = append(names, p.Name)
		}
		seen = append(seen, strings.Join(names, ","))
		return len(s.Pods) < 3
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b", "b,c", "b,c,d"}, seen); diff != "" {
		t.Errorf("pods seen (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"1", "1", "8"}, []string{<-versions, <-versions, <-versions}); diff != "" {
		t.Errorf("watches from (-want +got):\n%s", diff)
	}
}

// podWatch is the nth watch of pods.
func podWatch(w http.ResponseWriter, r *http.Request, n int) {
	pod := func(name, version string) corev1.Pod {
		return corev1.Pod{TypeMeta: metav1.TypeMeta{Kind: "Pod", APIVersion: "v1"}, ObjectMeta: metav1.ObjectMeta{Name: name, ResourceVersion: version}}
	}
	switch n {
	case 1:
		tooOld := apierrors.NewResourceExpired("too old").ErrStatus
		tooOld.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
		event(w, "ERROR", tooOld)
	case 2:
		event(w, "ADDED", pod("c", "7"))
		event(w, "BOOKMARK", pod("", "8"))
		panic(http.ErrAbortHandler)
	default:
		event(w, "ADDED", pod("d", "9"))
		<-r.Context().Done()
	}
}

func TestWatchGivesUpWhenRefused(t *testing.T) {
	t.Parallel()
	c := serve(t, refusal(apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New("no"))))
	err := c.Watch(t.Context(), shopOwner(), func(envs.Snapshot) bool { return true })
	e, ok := errors.AsType[*events.Error](err)
	if !ok || e.Kind != events.KindRefused {
		t.Errorf("error %v, want a refusal", err)
	}
}

func TestAwaitGone(t *testing.T) {
	t.Parallel()
	namespace := func(uid string) corev1.Namespace {
		return corev1.Namespace{TypeMeta: metav1.TypeMeta{Kind: "Namespace", APIVersion: "v1"}, ObjectMeta: metav1.ObjectMeta{Name: "shop", UID: types.UID(uid)}}
	}
	list := func(items ...corev1.Namespace) corev1.NamespaceList {
		return corev1.NamespaceList{TypeMeta: metav1.TypeMeta{Kind: "NamespaceList", APIVersion: "v1"}, Items: items}
	}
	for name, test := range map[string]struct {
		list  corev1.NamespaceList
		watch func(w http.ResponseWriter)
		want  error
	}{
		"gone":    {list: list()},
		"another": {list: list(namespace("2"))},
		"goes":    {list: list(namespace("1")), watch: func(w http.ResponseWriter) { event(w, "DELETED", namespace("1")) }},
		"stays":   {list: list(namespace("1")), watch: func(w http.ResponseWriter) { event(w, "MODIFIED", namespace("1")) }, want: context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("watch") != "true" {
					answer(w, 200, test.list)
					return
				}
				if test.watch != nil {
					test.watch(w)
				}
				<-r.Context().Done()
			})
			limit := 10 * time.Second
			if test.want != nil {
				limit = 200 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			if err := c.AwaitGone(ctx, "shop", "1"); !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
		})
	}
}

func TestHolders(t *testing.T) {
	t.Parallel()
	held := corev1.Namespace{TypeMeta: metav1.TypeMeta{Kind: "Namespace", APIVersion: "v1"}, ObjectMeta: metav1.ObjectMeta{Name: "shop"}}
	held.Status.Conditions = []corev1.NamespaceCondition{
		{Type: corev1.NamespaceContentRemaining, Status: corev1.ConditionTrue, Message: "Some resources are remaining: configmaps. has 1 resource instances, widgets.example.com has 2 resource instances"},
		{Type: corev1.NamespaceFinalizersRemaining, Status: corev1.ConditionTrue, Message: "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances"},
		{Type: corev1.NamespaceDeletionDiscoveryFailure, Status: corev1.ConditionTrue, Message: "Discovery failed for metrics.k8s.io"},
		{Type: corev1.NamespaceDeletionContentFailure, Status: corev1.ConditionFalse, Message: "All content deleted"},
	}
	meta := func(name string, finalizers ...string) metav1.PartialObjectMetadata {
		return metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: name, Finalizers: finalizers}}
	}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/v1/namespaces/shop":
			answer(w, 200, held)
		case "/api/v1/namespaces/shop/configmaps":
			answer(w, 200, metav1.PartialObjectMetadataList{Items: []metav1.PartialObjectMetadata{meta("held", "example.com/hold")}})
		case "/apis/example.com":
			answer(w, 200, metav1.APIGroup{PreferredVersion: metav1.GroupVersionForDiscovery{GroupVersion: "example.com/v2"}})
		case "/apis/example.com/v2/namespaces/shop/widgets":
			answer(w, 200, metav1.PartialObjectMetadataList{Items: []metav1.PartialObjectMetadata{meta("a", "x", "y"), meta("b")}})
		default:
			http.NotFound(w, r)
		}
	})
	got, err := c.Holders(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"configmaps/held has the finalizers example.com/hold", "widgets/a has the finalizers x, y", "widgets/b",
		"NamespaceDeletionDiscoveryFailure: Discovery failed for metrics.k8s.io",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("holders (-want +got):\n%s", diff)
	}
}
