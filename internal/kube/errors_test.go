package kube

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"

	"github.com/shakedown-dev/shakedown/events"
)

func TestKindsOfErrors(t *testing.T) {
	t.Parallel()
	pods := schema.GroupResource{Resource: "pods"}
	for name, test := range map[string]struct {
		err              error
		refused, expired bool
		kind             events.Kind
	}{
		"forbidden":    {err: apierrors.NewForbidden(pods, "a", errors.New("no")), refused: true, kind: events.KindRefused},
		"unauthorized": {err: apierrors.NewUnauthorized("token expired"), refused: true, kind: events.KindRefused},
		"quota":        {err: apierrors.NewForbidden(pods, "a", errors.New("exceeded quota: q")), refused: true, kind: events.KindInvalid},
		"bad request":  {err: apierrors.NewBadRequest("what?"), refused: true, kind: events.KindInvalid},
		"wrapped":      {err: fmt.Errorf("list: %w", apierrors.NewBadRequest("what?")), refused: true, kind: events.KindInvalid},
		"conflict":     {err: apierrors.NewConflict(pods, "a", errors.New("changed")), kind: events.KindRefused},
		"exists":       {err: apierrors.NewAlreadyExists(pods, "a"), kind: events.KindRefused},
		"not found":    {err: apierrors.NewNotFound(pods, "a"), kind: events.KindUnavailable},
		"too many":     {err: apierrors.NewTooManyRequestsError("slow down"), kind: events.KindUnavailable},
		"too old":      {err: apierrors.NewResourceExpired("too old"), expired: true, kind: events.KindUnavailable},
		"broken":       {err: apierrors.NewInternalError(errors.New("etcd")), kind: events.KindUnavailable},
		"no status":    {err: errors.New("unexpected EOF"), kind: events.KindUnavailable},
		"too slow":     {err: context.DeadlineExceeded, kind: events.KindUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if IsRefused(test.err) != test.refused || IsExpired(test.err) != test.expired {
				t.Errorf("refused %v, expired %v", IsRefused(test.err), IsExpired(test.err))
			}
			err := Explain("https://api", test.err, "get", "pod a in namespace shop")
			if events.KindOf(err) != test.kind || !errors.Is(err, test.err) {
				t.Errorf("explained as %#v, want kind %s", err, test.kind)
			}
		})
	}
	if err := Explain("https://api", context.Canceled, "get", "pod a"); err != context.Canceled { //nolint:errorlint // it is that very error
		t.Errorf("the end of the caller's context is explained as %v", err)
	}
	if IsRefused(nil) || IsExpired(nil) {
		t.Error("no error is an error")
	}
}

// TestSource lists pods as protobuf or JSON, with what they are chosen by.
func TestSource(t *testing.T) {
	t.Parallel()
	var asked string
	c := connect(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.String()
		answer(w, http.StatusOK, corev1.PodList{
			TypeMeta: metav1.TypeMeta{Kind: "PodList", APIVersion: "v1"}, ListMeta: metav1.ListMeta{ResourceVersion: "7"},
			Items: []corev1.Pod{{ObjectMeta: metav1.ObjectMeta{Name: "a"}}},
		})
	})
	source := c.Source(Resource{
		Client: c.Core, Plural: "pods", Namespace: "shop", Labels: "app=a", Fields: "spec.nodeName=n",
		NewList: func() runtime.Object { return &corev1.PodList{} },
	})
	list, err := source.List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := list.(*corev1.PodList); !ok || len(got.Items) != 1 || got.Items[0].Name != "a" {
		t.Errorf("got %v", list)
	}
	if want := "/api/v1/namespaces/shop/pods?fieldSelector=spec.nodeName%3Dn&labelSelector=app%3Da"; asked != want {
		t.Errorf("asked %s, want %s", asked, want)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	c := connect(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/version" {
			http.NotFound(w, r)
			return
		}
		answer(w, http.StatusOK, version.Info{GitVersion: "v1.36.3"})
	})
	if got, err := c.Version(t.Context()); err != nil || got != "v1.36.3" {
		t.Errorf("got %q, %v", got, err)
	}
}
