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
	scaling "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

const ownerPath = "/apis/apps/v1/namespaces/shop/deployments/api"

func theOwner() events.Victim {
	return events.Victim{Kind: "deployment", Namespace: "shop", Name: "api", UID: "d1", Owner: "Deployment/api"}
}

// anOwner is a Deployment of three replicas.
func anOwner(change func(*apps.Deployment)) apps.Deployment {
	three := int32(3)
	d := apps.Deployment{
		TypeMeta: metav1.TypeMeta{Kind: "Deployment", APIVersion: "apps/v1"}, ObjectMeta: meta("api", "d1", "5"),
		Spec: apps.DeploymentSpec{Replicas: &three},
	}
	d.Generation = 1
	if change != nil {
		change(&d)
	}
	return d
}

// deadlineOf is a context with a deadline of a clock of our own.
type deadlineOf struct {
	context.Context
	at time.Time
}

func (d deadlineOf) Deadline() (time.Time, bool) { return d.at, true }

func TestScale(t *testing.T) {
	for _, tc := range []struct {
		name string
		get  http.HandlerFunc
		want pod.Scale
		err  error
	}{
		{"as it is", answers(anOwner(nil)), pod.Scale{Replicas: 3, Version: "5"}, nil},
		{"one when it says nothing", answers(anOwner(func(d *apps.Deployment) { d.Spec.Replicas = nil })), pod.Scale{Replicas: 1, Version: "5"}, nil},
		{"with our note", answers(anOwner(func(d *apps.Deployment) {
			d.Spec.Replicas, d.Annotations = new(int32), map[string]string{events.AnnotationOutage: "n"}
		})), pod.Scale{Note: "n", Version: "5"}, nil},
		{"another of its name", answers(anOwner(func(d *apps.Deployment) { d.UID = "d2" })), pod.Scale{}, chaos.ErrGone},
		{"being deleted", answers(anOwner(func(d *apps.Deployment) { d.DeletionTimestamp = &metav1.Time{Time: time.Now()} })), pod.Scale{}, chaos.ErrGone},
		{"gone", refuses(404, metav1.StatusReasonNotFound), pod.Scale{}, chaos.ErrGone},
		{"may not be read", refuses(403, metav1.StatusReasonForbidden), pod.Scale{}, chaos.ErrForbidden},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, _ := newAPI(t, map[string]http.HandlerFunc{"GET " + ownerPath: tc.get})
			got, err := c.Scale(t.Context(), theOwner())
			if got != tc.want || !errors.Is(err, tc.err) || (err == nil) != (tc.err == nil) {
				t.Errorf("%+v, error %v", got, err)
			}
		})
	}
}

// TestRescaleSends: the patch has the owner's UID and version, the replicas where they
// change, our annotation, and nothing else.
func TestRescaleSends(t *testing.T) {
	for _, tc := range []struct {
		name     string
		from, to pod.Scale
		want     string
	}{
		{
			"down",
			pod.Scale{Replicas: 3, Version: "5"},
			pod.Scale{Note: "n", Version: "5"},
			`{"metadata":{"annotations":{"shakedown.dev/outage":"n"},"resourceVersion":"5","uid":"d1"},"spec":{"replicas":0}}`,
		},
		{
			"up",
			pod.Scale{Note: "n", Version: "6"},
			pod.Scale{Replicas: 3, Version: "6"},
			`{"metadata":{"annotations":{"shakedown.dev/outage":null},"resourceVersion":"6","uid":"d1"},"spec":{"replicas":3}}`,
		},
		{
			"the note alone",
			pod.Scale{Replicas: 2, Note: "n", Version: "7"},
			pod.Scale{Replicas: 2, Version: "7"},
			`{"metadata":{"annotations":{"shakedown.dev/outage":null},"resourceVersion":"7","uid":"d1"}}`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sent := make(chan [3]string, 1)
			c, _ := newAPI(t, map[string]http.HandlerFunc{"PATCH " + ownerPath: func(w http.ResponseWriter, r *http.Request) {
				raw, _ := io.ReadAll(r.Body)
				sent <- [3]string{string(raw), r.Header.Get("Content-Type"), r.URL.Query().Get("fieldManager")}
				write(w, anOwner(nil))
			}})
			if err := c.Rescale(t.Context(), theOwner(), tc.from, tc.to); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff([3]string{tc.want, "application/merge-patch+json", "shakedown-chaos"}, <-sent); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestRescaleErrors(t *testing.T) {
	for _, tc := range []struct {
		name  string
		patch http.HandlerFunc
		want  error
	}{
		{"changed in between", refuses(409, metav1.StatusReasonConflict), pod.ErrChanged},
		{"gone", refuses(404, metav1.StatusReasonNotFound), chaos.ErrGone},
		{"may not", refuses(403, metav1.StatusReasonForbidden), chaos.ErrForbidden},
		{"refused by a webhook", refuses(422, metav1.StatusReasonInvalid), chaos.ErrForbidden},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, a := newAPI(t, map[string]http.HandlerFunc{"PATCH " + ownerPath: tc.patch})
			err := c.Rescale(t.Context(), theOwner(), pod.Scale{Replicas: 3, Version: "5"}, pod.Scale{Note: "n", Version: "5"})
			if !errors.Is(err, tc.want) || a.count("PATCH "+ownerPath) != 1 {
				t.Errorf("error %v after %d patches", err, a.count("PATCH "+ownerPath))
			}
		})
	}
}

// TestRescaleUnknownIsNotFinal: an error of the server does not say whether it scaled.
func TestRescaleUnknownIsNotFinal(t *testing.T) {
	c, _ := newAPI(t, map[string]http.HandlerFunc{"PATCH " + ownerPath: refuses(500, metav1.StatusReasonInternalError)})
	err := c.Rescale(t.Context(), theOwner(), pod.Scale{Replicas: 3, Version: "5"}, pod.Scale{Note: "n", Version: "5"})
	if err == nil || chaos.IsUntouched(err) || errors.Is(err, pod.ErrChanged) || errors.Is(err, chaos.ErrGone) || errors.Is(err, chaos.ErrForbidden) {
		t.Errorf("error %v", err)
	}
}

// TestOnlyOwnersAreScaled: the victim of another kind of fault is no owner.
func TestOnlyOwnersAreScaled(t *testing.T) {
	c, a := newAPI(t, nil)
	v := theOwner()
	v.Kind = "pod"
	if _, err := c.Scale(t.Context(), v); !chaos.IsUntouched(err) || len(a.calls) > 0 {
		t.Errorf("error %v, calls %v", err, a.calls)
	}
}

func TestScalers(t *testing.T) {
	two := int32(2)
	list := scaling.HorizontalPodAutoscalerList{
		TypeMeta: metav1.TypeMeta{Kind: "HorizontalPodAutoscalerList", APIVersion: "autoscaling/v2"},
		Items: []scaling.HorizontalPodAutoscaler{
			{ObjectMeta: meta("api", "h1", "1"), Spec: scaling.HorizontalPodAutoscalerSpec{
				ScaleTargetRef: scaling.CrossVersionObjectReference{Kind: "Deployment", Name: "api"}, MinReplicas: &two,
			}},
			{ObjectMeta: meta("keda", "h2", "1", controller("ScaledObject", "cart")), Spec: scaling.HorizontalPodAutoscalerSpec{
				ScaleTargetRef: scaling.CrossVersionObjectReference{Kind: "StatefulSet", Name: "cart"},
			}},
		},
	}
	path := "GET /apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers"
	c, _ := newAPI(t, map[string]http.HandlerFunc{path: answers(list)})
	got, err := c.Scalers(t.Context(), "shop")
	want := []pod.Autoscaler{
		{Name: "api", Kind: "Deployment", Target: "api", Least: 2},
		{Name: "keda", Kind: "StatefulSet", Target: "cart", Least: 1, Above: pod.Ref{Kind: "ScaledObject", Name: "cart", UID: "scaledobject-cart"}},
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(err, d)
	}
}
