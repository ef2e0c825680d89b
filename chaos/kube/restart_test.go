package kube

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

func TestRestart(t *testing.T) {
	marked := func(d *apps.Deployment) {
		d.Generation, d.Spec.Template.Annotations = 2, map[string]string{events.AnnotationRestart: "f1"}
	}
	for _, tc := range []struct {
		name       string
		get, patch http.HandlerFunc
		want       error
		patches    int
	}{
		{"accepted", answers(anOwner(nil)), answers(anOwner(marked)), nil, 1},
		{"sent before", answers(anOwner(marked)), nil, nil, 0},
		{"changed since the guards were asked", answers(anOwner(func(d *apps.Deployment) { d.Generation = 2 })), nil, pod.ErrChanged, 0},
		{"another of its name", answers(anOwner(func(d *apps.Deployment) { d.UID = "d2" })), nil, chaos.ErrGone, 0},
		{"being deleted", answers(anOwner(func(d *apps.Deployment) { d.DeletionTimestamp = &metav1.Time{Time: time.Now()} })), nil, chaos.ErrGone, 0},
		{"gone", refuses(404, metav1.StatusReasonNotFound), nil, chaos.ErrGone, 0},
		{"may not", answers(anOwner(nil)), refuses(403, metav1.StatusReasonForbidden), chaos.ErrForbidden, 1},
		{"its status changes all the time", answers(anOwner(nil)), refuses(409, metav1.StatusReasonConflict), pod.ErrChanged, killTries},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, a := newAPI(t, map[string]http.HandlerFunc{"GET " + ownerPath: tc.get, "PATCH " + ownerPath: tc.patch})
			err := c.Restart(t.Context(), theOwner(), "f1", 1)
			if !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			if n := a.count("PATCH " + ownerPath); n != tc.patches {
				t.Errorf("%d patches, want %d", n, tc.patches)
			}
		})
	}
}

func TestRestartSends(t *testing.T) {
	sent := make(chan string, 1)
	c, _ := newAPI(t, map[string]http.HandlerFunc{
		"GET " + ownerPath: answers(anOwner(nil)),
		"PATCH " + ownerPath: func(w http.ResponseWriter, r *http.Request) {
			raw, _ := io.ReadAll(r.Body)
			sent <- string(raw)
			write(w, anOwner(nil))
		},
	})
	if err := c.Restart(t.Context(), theOwner(), "f1", 1); err != nil {
		t.Fatal(err)
	}
	const want = `{"metadata":{"resourceVersion":"5","uid":"d1"},"spec":{"template":{"metadata":{"annotations":{"shakedown.dev/restart":"f1"}}}}}`
	if d := cmp.Diff(want, <-sent); d != "" {
		t.Error(d)
	}
}

// TestWatchOwner shows the owner as it is, its changes, and that it is gone; others of
// its name are not it.
func TestWatchOwner(t *testing.T) {
	const path = "/apis/apps/v1/namespaces/shop/deployments"
	list := apps.DeploymentList{
		TypeMeta: metav1.TypeMeta{Kind: "DeploymentList", APIVersion: "apps/v1"},
		ListMeta: metav1.ListMeta{ResourceVersion: "5"}, Items: []apps.Deployment{anOwner(nil)},
	}
	rolling := anOwner(func(d *apps.Deployment) {
		d.ResourceVersion, d.Generation = "6", 2
		d.Spec.Strategy.Type, d.Spec.Paused = apps.RecreateDeploymentStrategyType, true
		d.Spec.Template.Annotations = map[string]string{events.AnnotationRestart: "f1"}
		d.Status.UpdatedReplicas, d.Status.AvailableReplicas = 2, 1
		d.Status.Conditions = []apps.DeploymentCondition{{Type: apps.DeploymentProgressing, Status: core.ConditionFalse, Reason: "ProgressDeadlineExceeded", Message: "timed out"}}
		d.Annotations = map[string]string{events.AnnotationOutage: "n"}
		d.OwnerReferences = []metav1.OwnerReference{controller("Rollout", "api")}
	})
	other := anOwner(func(d *apps.Deployment) { d.UID, d.ResourceVersion = "d2", "8" })
	c, _ := newAPI(t, map[string]http.HandlerFunc{
		"GET " + path:   answers(list),
		"WATCH " + path: streams([]string{event("MODIFIED", rolling), event("DELETED", rolling), event("ADDED", other)}),
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var seen []pod.Change
	opened, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- c.WatchOwner(ctx, "shop", pod.Ref{Kind: "Deployment", Name: "api", UID: "d1"}, func() { close(opened) }, func(c pod.Change) {
			if seen = append(seen, c); c.Gone {
				cancel()
			}
		})
	}()
	<-opened
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	ref := pod.Ref{Kind: "Deployment", Name: "api", UID: "d1"}
	last := pod.Owner{
		Ref: ref, Known: true, Desired: 3, Updated: 2, Available: 1, Generation: 2, Recreate: true, Paused: true, Stalled: "timed out",
		Above: pod.Ref{Kind: "Rollout", Name: "api", UID: "rollout-api"}, Held: "n", Restart: "f1",
	}
	var got []pod.Owner
	for _, c := range seen {
		got = append(got, *c.Owner)
	}
	if d := cmp.Diff([]pod.Owner{{Ref: ref, Known: true, Desired: 3, Generation: 1}, last, last}, got); d != "" {
		t.Error(d)
	}
}

func TestOnlyOwnersAreWatched(t *testing.T) {
	c, _ := newAPI(t, nil)
	if err := c.WatchOwner(t.Context(), "shop", pod.Ref{Kind: "PodSet", Name: "x", UID: "1"}, nil, nil); !errors.Is(err, chaos.ErrForbidden) {
		t.Errorf("error %v", err)
	}
}
