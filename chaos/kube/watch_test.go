package kube

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
)

const watchPath = "WATCH /api/v1/namespaces/shop/pods"

// follow watches until the number of changes were shown.
func follow(t *testing.T, c *Cluster, since pod.Survey, want int) (shown []string, changes []pod.Change) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	opened := 0
	err := c.Watch(ctx, since, func() { opened++ }, func(change pod.Change) {
		kind := "there "
		if change.Gone {
			kind = "gone "
		}
		shown, changes = append(shown, kind+change.Pod.UID), append(changes, change)
		if len(changes) == want {
			cancel()
		}
	})
	if err != nil || opened != 1 {
		t.Fatalf("opened %d times, error %v, shown %v", opened, err, shown)
	}
	return shown, changes
}

func surveyed(uids ...string) pod.Survey {
	s := pod.Survey{Namespace: pod.Namespace{Name: "shop"}, Revision: "1"}
	for _, uid := range uids {
		s.Pods = append(s.Pods, pod.Pod{Namespace: "shop", Name: uid, UID: uid})
	}
	return s
}

func TestWatchGoesOnWhereItEnded(t *testing.T) {
	first := []string{
		event("ADDED", aPod("a", "a", "2")),
		event("BOOKMARK", core.Pod{TypeMeta: metav1.TypeMeta{Kind: "Pod", APIVersion: "v1"}, ObjectMeta: metav1.ObjectMeta{ResourceVersion: "9"}}),
	}
	var revisions []string
	script := streams(first, []string{event("DELETED", aPod("a", "a", "10"))})
	routes := shop()
	routes[watchPath] = func(w http.ResponseWriter, r *http.Request) {
		revisions = append(revisions, r.URL.Query().Get("resourceVersion"))
		script(w, r)
	}
	c, _ := newAPI(t, routes)
	shown, _ := follow(t, c, surveyed(), 2)
	if d := cmp.Diff([]string{"there a", "gone a"}, shown); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"1", "9"}, revisions[:2]); d != "" {
		t.Error("revisions:", d)
	}
}

// TestWatchListsAgain: the revision is too old, as an error on opening and as an
// event. What happened meanwhile is found by a list, with both ends of the gap.
func TestWatchListsAgain(t *testing.T) {
	old := metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusFailure, Code: http.StatusGone, Reason: metav1.StatusReasonExpired,
	}
	for _, tc := range []struct {
		name  string
		first http.HandlerFunc
	}{
		{"as an event", streams([]string{event("ADDED", aPod("b", "b", "2")), event("ERROR", old)}, nil)},
		{"on opening again", firstThen(streams([]string{event("ADDED", aPod("b", "b", "2"))}, nil), refuses(http.StatusGone, metav1.StatusReasonExpired), streams(nil))},
	} {
		t.Run(tc.name, func(t *testing.T) {
			routes := shop()
			routes["GET "+podsPath] = answers(podList("50", aPod("c", "c", "40")))
			routes[watchPath] = tc.first
			c, a := newAPI(t, routes)
			shown, changes := follow(t, c, surveyed("a"), 4)
			if len(shown) != 4 || shown[0] != "there b" || shown[1] != "there c" {
				t.Fatalf("shown %v", shown)
			}
			for i, change := range changes {
				if late := i > 0; change.Since.IsZero() == late || change.At.Before(change.Since) {
					t.Errorf("%s: at %v, since %v", shown[i], change.At, change.Since)
				}
			}
			if n := a.count("GET " + podsPath); n != 1 {
				t.Errorf("listed %d times", n)
			}
		})
	}
}

// firstThen answers each call with the next handler; the last answers the rest.
func firstThen(handlers ...http.HandlerFunc) http.HandlerFunc {
	next := 0
	return func(w http.ResponseWriter, r *http.Request) {
		h := handlers[min(next, len(handlers)-1)]
		next++
		h(w, r)
	}
}

func TestWatchForbidden(t *testing.T) {
	routes := shop()
	routes[watchPath] = refuses(403, metav1.StatusReasonForbidden)
	c, _ := newAPI(t, routes)
	err := c.Watch(t.Context(), surveyed(), func() { t.Error("opened") }, func(pod.Change) {})
	if !errors.Is(err, chaos.ErrForbidden) {
		t.Errorf("error %v", err)
	}
}

// TestWatchSurvivesErrors: the server is away for a while.
func TestWatchSurvivesErrors(t *testing.T) {
	routes := shop()
	routes[watchPath] = firstThen(
		refuses(503, metav1.StatusReasonServiceUnavailable), refuses(500, metav1.StatusReasonInternalError),
		streams([]string{event("ADDED", aPod("a", "a", "2"))}),
	)
	c, _ := newAPI(t, routes)
	if shown, _ := follow(t, c, surveyed(), 1); shown[0] != "there a" {
		t.Errorf("shown %v", shown)
	}
}

// TestWatchFindsTheOwner: the pods of a ReplicaSet that was not there before
// belong to its Deployment, which is looked up once.
func TestWatchFindsTheOwner(t *testing.T) {
	routes := shop()
	set := "GET /apis/apps/v1/namespaces/shop/replicasets/api-1"
	routes[set] = answers(map[string]any{
		"kind": "ReplicaSet", "apiVersion": "apps/v1",
		"metadata": meta("api-1", "replicaset-api-1", "1", controller("Deployment", "api")),
	})
	routes[watchPath] = streams([]string{event("ADDED", aPod("a", "a", "2")), event("ADDED", aPod("b", "b", "3"))})
	c, a := newAPI(t, routes)
	_, changes := follow(t, c, surveyed(), 2)
	for _, change := range changes {
		if change.Pod.Owner.String() != "Deployment/api" {
			t.Errorf("owner %v", change.Pod.Owner)
		}
	}
	if n := a.count(set); n != 1 {
		t.Errorf("looked up %d times", n)
	}
}

// TestWatchAsksForTheOwnerAgain: a pod whose owner could not be read is shown when
// it can, with all its changes at their own times, and never with a wrong owner.
func TestWatchAsksForTheOwnerAgain(t *testing.T) {
	routes := shop()
	set := "GET /apis/apps/v1/namespaces/shop/replicasets/api-1"
	routes[set] = firstThen(
		refuses(503, metav1.StatusReasonServiceUnavailable), refuses(403, metav1.StatusReasonForbidden),
		refuses(503, metav1.StatusReasonServiceUnavailable), answers(map[string]any{
			"kind": "ReplicaSet", "apiVersion": "apps/v1",
			"metadata": meta("api-1", "replicaset-api-1", "1", controller("Deployment", "api")),
		}),
	)
	ready := aPod("a", "a", "3")
	ready.Status.Conditions = []core.PodCondition{{Type: core.PodReady, Status: core.ConditionTrue}}
	routes[watchPath] = streams([]string{event("ADDED", aPod("a", "a", "2")), event("MODIFIED", ready)})
	c, _ := newAPI(t, routes)
	_, changes := follow(t, c, surveyed(), 2)
	if changes[0].Pod.Ready || !changes[1].Pod.Ready || changes[1].At.Before(changes[0].At) {
		t.Errorf("changes %+v", changes)
	}
	for _, change := range changes {
		if change.Pod.Owner.String() != "Deployment/api" || change.Pod.OwnerUnread != "" || !change.Since.IsZero() {
			t.Errorf("change %+v", change)
		}
	}
}

// TestWatchShowsThatAPodIsGone, whose owner nobody could read.
func TestWatchShowsThatAPodIsGone(t *testing.T) {
	routes := shop()
	routes["GET /apis/apps/v1/namespaces/shop/replicasets/api-1"] = refuses(403, metav1.StatusReasonForbidden)
	routes[watchPath] = streams([]string{event("ADDED", aPod("a", "a", "2")), event("DELETED", aPod("a", "a", "3"))})
	c, _ := newAPI(t, routes)
	if shown, _ := follow(t, c, surveyed(), 1); shown[0] != "gone a" {
		t.Errorf("shown %v", shown)
	}
}
