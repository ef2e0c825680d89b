package kube

import (
	"encoding/json"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

const podPath = "/api/v1/namespaces/shop/pods/api-1"

func victim() events.Victim { return events.Victim{Namespace: "shop", Name: "api-1", UID: "u1"} }

func TestKill(t *testing.T) {
	dying := aPod("api-1", "u1", "5")
	dying.DeletionTimestamp = &metav1.Time{Time: time.Now()}
	for _, tc := range []struct {
		name        string
		get, delete http.HandlerFunc
		want        error
	}{
		{"accepted", answers(aPod("api-1", "u1", "5")), answers(aPod("api-1", "u1", "6")), nil},
		{"gone", refuses(404, metav1.StatusReasonNotFound), nil, chaos.ErrGone},
		{"another pod of that name", answers(aPod("api-1", "u2", "5")), nil, chaos.ErrGone},
		{"terminating", answers(dying), nil, pod.ErrTerminating},
		{"may not be seen", refuses(403, metav1.StatusReasonForbidden), nil, chaos.ErrForbidden},
		{"may not be deleted", answers(aPod("api-1", "u1", "5")), refuses(403, metav1.StatusReasonForbidden), chaos.ErrForbidden},
		{"token expired", answers(aPod("api-1", "u1", "5")), refuses(401, metav1.StatusReasonUnauthorized), chaos.ErrForbidden},
		{"refused by a webhook", answers(aPod("api-1", "u1", "5")), refuses(422, metav1.StatusReasonInvalid), chaos.ErrForbidden},
		{"gone in between", answers(aPod("api-1", "u1", "5")), refuses(404, metav1.StatusReasonNotFound), chaos.ErrGone},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, a := newAPI(t, map[string]http.HandlerFunc{"GET " + podPath: tc.get, "DELETE " + podPath: tc.delete})
			err := c.Kill(t.Context(), victim(), nil)
			if !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			if n := a.count("DELETE " + podPath); tc.delete == nil && n > 0 {
				t.Errorf("%d deletes were sent", n)
			}
		})
	}
}

// TestKillUnknownIsNotFinal: an error of the server does not say whether the pod
// was deleted, so it must not be taken for an answer that does.
func TestKillUnknownIsNotFinal(t *testing.T) {
	c, _ := newAPI(t, map[string]http.HandlerFunc{
		"GET " + podPath: answers(aPod("api-1", "u1", "5")), "DELETE " + podPath: refuses(500, metav1.StatusReasonInternalError),
	})
	err := c.Kill(t.Context(), victim(), nil)
	if err == nil || errors.Is(err, chaos.ErrGone) || errors.Is(err, pod.ErrTerminating) || errors.Is(err, chaos.ErrForbidden) {
		t.Errorf("error %v", err)
	}
}

func TestKillSendsUIDVersionAndGrace(t *testing.T) {
	sent := make(chan metav1.DeleteOptions, 1)
	c, _ := newAPI(t, map[string]http.HandlerFunc{
		"GET " + podPath: answers(aPod("api-1", "u1", "5")),
		"DELETE " + podPath: func(w http.ResponseWriter, r *http.Request) {
			sent <- deleteOptionsOf(t, r)
			write(w, aPod("api-1", "u1", "6"))
		},
	})
	grace := 2 * time.Second
	if err := c.Kill(t.Context(), victim(), &grace); err != nil {
		t.Fatal(err)
	}
	o := <-sent
	if *o.Preconditions.UID != "u1" || *o.Preconditions.ResourceVersion != "5" || *o.GracePeriodSeconds != 2 {
		t.Errorf("options %+v", o)
	}
}

func deleteOptionsOf(t *testing.T, r *http.Request) (o metav1.DeleteOptions) {
	t.Helper()
	if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
		t.Error(err)
	}
	return o
}

// TestKillReadsAgain: the pod changed between the read and the delete.
func TestKillReadsAgain(t *testing.T) {
	var deletes atomic.Int32
	c, a := newAPI(t, map[string]http.HandlerFunc{
		"GET " + podPath: answers(aPod("api-1", "u1", "5")),
		"DELETE " + podPath: func(w http.ResponseWriter, _ *http.Request) {
			if deletes.Add(1) < 3 {
				status(w, 409, metav1.StatusReasonConflict, "the object has been modified")
				return
			}
			write(w, aPod("api-1", "u1", "6"))
		},
	})
	if err := c.Kill(t.Context(), victim(), nil); err != nil {
		t.Fatal(err)
	}
	if n := a.count("GET " + podPath); n != 3 {
		t.Errorf("looked %d times, want 3", n)
	}
}
