package kube

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/experiments/probe"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func pod(ready corev1.ConditionStatus, deleted bool) corev1.Pod {
	p := corev1.Pod{Status: corev1.PodStatus{Conditions: []corev1.PodCondition{
		{Type: corev1.PodScheduled, Status: corev1.ConditionTrue}, {Type: corev1.PodReady, Status: ready},
	}}}
	if deleted {
		p.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)}
	}
	return p
}

// answers is an API server that knows these paths; anything else is forbidden.
type answers map[string]any

func (a answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	body, ok := a[r.URL.Path+"?"+r.URL.Query().Get("labelSelector")]
	if !ok {
		w.WriteHeader(http.StatusForbidden)
		body = metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: "Failure", Message: "you may not", Reason: metav1.StatusReasonForbidden, Code: 403}
	}
	if err := json.NewEncoder(w).Encode(body); err != nil {
		panic(err)
	}
}

func client(t *testing.T, h http.Handler) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c, err := New(&rest.Config{Host: s.URL, ContentConfig: rest.ContentConfig{ContentType: "application/json", AcceptContentTypes: "application/json"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	return c
}

func TestReady(t *testing.T) {
	const (
		label       = "app.kubernetes.io/name=api"
		deployments = "/apis/apps/v1/namespaces/shop/deployments?" + label
		sets        = "/apis/apps/v1/namespaces/shop/statefulsets?" + label
		pods        = "/api/v1/namespaces/shop/pods?" + label
	)
	deployment := func(n *int32) appsv1.DeploymentList {
		return appsv1.DeploymentList{Items: []appsv1.Deployment{{Spec: appsv1.DeploymentSpec{Replicas: n}}}}
	}
	three := corev1.PodList{Items: []corev1.Pod{
		pod(corev1.ConditionTrue, false), pod(corev1.ConditionTrue, false), pod(corev1.ConditionTrue, false),
	}}
	mixed := corev1.PodList{Items: []corev1.Pod{
		pod(corev1.ConditionTrue, false), pod(corev1.ConditionFalse, false), pod(corev1.ConditionTrue, true), {},
	}}
	component := Part{Component: "api"}
	for _, tc := range []struct {
		name   string
		api    answers
		target Part
		want   probe.Reading
	}{
		{"whole", answers{deployments: deployment(new(int32(3))), pods: three}, component, probe.Reading{Value: 3, Wanted: new(3.0)}},
		{"only ready ones count", answers{deployments: deployment(new(int32(3))), pods: mixed}, component, probe.Reading{Value: 1, Wanted: new(3.0)}},
		{"one where no number is given", answers{deployments: deployment(nil), pods: mixed}, component, probe.Reading{Value: 1, Wanted: new(1.0)}},
		{
			"stateful set", answers{
				deployments: appsv1.DeploymentList{}, pods: three,
				sets: appsv1.StatefulSetList{Items: []appsv1.StatefulSet{{Spec: appsv1.StatefulSetSpec{Replicas: new(int32(2))}}}},
			}, component, probe.Reading{Value: 3, Wanted: new(2.0)},
		},
		{
			"by labels",
			answers{"/api/v1/namespaces/shop/pods?app=x": mixed},
			Part{Labels: "app=x", Min: new(2)},
			probe.Reading{Value: 1, Wanted: new(2.0)},
		},
		{
			"no workload",
			answers{deployments: appsv1.DeploymentList{}, sets: appsv1.StatefulSetList{}},
			component,
			probe.Problemf(record.ProblemNoTarget, "no workload of component api in shop wants a replica"),
		},
		{
			"scaled to zero",
			answers{deployments: deployment(new(int32(0)))},
			component,
			probe.Problemf(record.ProblemNoTarget, "no workload of component api in shop wants a replica"),
		},
		{
			"pods are forbidden",
			answers{deployments: deployment(new(int32(3)))},
			component,
			probe.Problemf(record.ProblemAPI, "list pods with "+label+" in shop: you may not"),
		},
		{
			"deployments are forbidden",
			answers{pods: three},
			component,
			probe.Problemf(record.ProblemAPI, "list deployments with "+label+" in shop: you may not"),
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, client(t, tc.api).Ready(t.Context(), "shop", tc.target)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSlowAPIIsATimeout(t *testing.T) {
	c := client(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	got := c.Ready(ctx, "shop", Part{Component: "api"})
	if got.Problem == nil || got.Problem.Kind != record.ProblemTimeout {
		t.Errorf("got %+v", got)
	}
}

func TestNobodyThere(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	c, err := New(&rest.Config{Host: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	got := c.Ready(t.Context(), "shop", Part{Labels: "a=b", Min: new(1)})
	if got.Problem == nil || got.Problem.Kind != record.ProblemAPI || !strings.Contains(got.Problem.Message, "refused") {
		t.Errorf("got %+v", got)
	}
}
