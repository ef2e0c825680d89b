package kube

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	policy "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

const evictPath = "POST " + podPath + "/eviction"

// deniedByBudget answers as the API server does when a disruption budget keeps the
// pod. The header asks to try again, which must not happen.
func deniedByBudget(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(http.StatusTooManyRequests)
	write(w, metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure,
		Code: http.StatusTooManyRequests, Reason: metav1.StatusReasonTooManyRequests,
		Message: "Cannot evict pod as it would violate the pod's disruption budget.",
		Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{
			Type: policy.DisruptionBudgetCause, Message: "The disruption budget api needs 2 healthy pods and has 2 currently",
		}}},
	})
}

func TestEvict(t *testing.T) {
	dying := aPod("api-1", "u1", "5")
	dying.DeletionTimestamp = &metav1.Time{Time: time.Now()}
	created := answers(metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusSuccess, Code: 201})
	alive := answers(aPod("api-1", "u1", "5"))
	for _, tc := range []struct {
		name       string
		get, evict http.HandlerFunc
		want       error
		posts      int
	}{
		{"accepted", alive, created, nil, 1},
		{"kept by a budget", alive, deniedByBudget, pod.ErrBudget, 1},
		{"gone", refuses(404, metav1.StatusReasonNotFound), nil, chaos.ErrGone, 0},
		{"another pod of that name", answers(aPod("api-1", "u2", "5")), nil, chaos.ErrGone, 0},
		{"terminating", answers(dying), nil, pod.ErrTerminating, 0},
		{"may not be evicted", alive, refuses(403, metav1.StatusReasonForbidden), chaos.ErrForbidden, 1},
		{"gone in between", alive, refuses(404, metav1.StatusReasonNotFound), chaos.ErrGone, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, a := newAPI(t, map[string]http.HandlerFunc{"GET " + podPath: tc.get, evictPath: tc.evict})
			err := c.Evict(t.Context(), victim(), nil)
			if !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			if n := a.count(evictPath); n != tc.posts {
				t.Errorf("%d evictions were sent, want %d", n, tc.posts)
			}
		})
	}
}

// TestEvictBusyIsNoBudget: a server that is busy answers with the code of a
// disruption budget, but not with its cause.
func TestEvictBusyIsNoBudget(t *testing.T) {
	c, _ := newAPI(t, map[string]http.HandlerFunc{
		"GET " + podPath: answers(aPod("api-1", "u1", "5")), evictPath: refuses(429, metav1.StatusReasonTooManyRequests),
	})
	if err := c.Evict(t.Context(), victim(), nil); err == nil || errors.Is(err, pod.ErrBudget) {
		t.Errorf("error %v", err)
	}
}

func TestEvictSendsUIDVersionAndGrace(t *testing.T) {
	sent := make(chan policy.Eviction, 1)
	c, _ := newAPI(t, map[string]http.HandlerFunc{
		"GET " + podPath: answers(aPod("api-1", "u1", "5")),
		evictPath: func(w http.ResponseWriter, r *http.Request) {
			var e policy.Eviction
			if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
				t.Error(err)
			}
			sent <- e
			w.WriteHeader(http.StatusCreated)
			write(w, metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusSuccess})
		},
	})
	grace := 2 * time.Second
	if err := c.Evict(t.Context(), victim(), &grace); err != nil {
		t.Fatal(err)
	}
	e := <-sent
	o := e.DeleteOptions
	if e.APIVersion != "policy/v1" || e.Name != "api-1" || *o.Preconditions.UID != "u1" || *o.Preconditions.ResourceVersion != "5" || *o.GracePeriodSeconds != 2 {
		t.Errorf("eviction %+v", e)
	}
}

// TestEvictGivesUp: a budget may be charged for each try, so they are few.
func TestEvictGivesUp(t *testing.T) {
	var posts atomic.Int32
	c, _ := newAPI(t, map[string]http.HandlerFunc{
		"GET " + podPath: answers(aPod("api-1", "u1", "5")),
		evictPath: func(w http.ResponseWriter, _ *http.Request) {
			posts.Add(1)
			status(w, 409, metav1.StatusReasonConflict, "the object has been modified")
		},
	})
	if err := c.Evict(t.Context(), victim(), nil); err == nil || posts.Load() != evictTries {
		t.Errorf("error %v after %d tries", err, posts.Load())
	}
}

// TestNothingIsRemovedWithoutTheLease: the fence is asked between reading the pod
// and removing it.
func TestNothingIsRemovedWithoutTheLease(t *testing.T) {
	c, a := newAPI(t, map[string]http.HandlerFunc{"GET " + podPath: answers(aPod("api-1", "u1", "5"))})
	lost := errors.New("the lease is lost")
	ctx := events.WithFence(t.Context(), func() error { return lost })
	for name, err := range map[string]error{"kill": c.Kill(ctx, victim(), nil), "evict": c.Evict(ctx, victim(), nil)} {
		if !errors.Is(err, lost) || !chaos.IsUntouched(err) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for _, call := range a.calls {
		if !strings.HasPrefix(call, "GET ") {
			t.Errorf("%s was sent", call)
		}
	}
}
