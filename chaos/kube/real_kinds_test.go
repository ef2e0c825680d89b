//go:build real

package kube_test

import (
	"strings"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/chaos/kube"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// TestRealKinds puts every kind of fault through what all kinds must pass, on a real
// cluster.
func TestRealKinds(t *testing.T) {
	for i, kind := range pod.Kinds(nil) {
		name := kind.Describe().Name
		t.Run(name, func(t *testing.T) {
			chaostest.TestKind(t, func(t *testing.T) chaostest.Target {
				s := newSuite(t, nil)
				s.deploy(3, nil)
				cluster, err := kube.New(s.config, time.Now)
				if err != nil {
					t.Fatal(err)
				}
				req := s.request("cart")
				req.Kind = name
				before := s.pods("cart")
				return chaostest.Target{
					Kind: pod.Kinds(cluster)[i], Request: req, Within: patience,
					Hits:    func() int { return s.hit(before) },
					Replace: s.replace,
				}
			})
		})
	}
}

// hit counts the pods that are going or gone.
func (s *suite) hit(before []core.Pod) int {
	s.t.Helper()
	alive := make(map[string]bool)
	for _, p := range s.pods("cart") {
		alive[string(p.UID)] = p.DeletionTimestamp == nil
	}
	n := 0
	for _, p := range before {
		if !alive[string(p.UID)] {
			n++
		}
	}
	return n
}

// replace deletes the pod and makes another one of its name.
func (s *suite) replace(v events.Victim) {
	s.t.Helper()
	now := int64(0)
	pods := s.client.CoreV1().Pods(s.namespace)
	if err := pods.Delete(s.t.Context(), v.Name, metav1.DeleteOptions{GracePeriodSeconds: &now}); err != nil {
		s.t.Fatal(err)
	}
	other := template("impostor")
	other.Name = v.Name
	eventually(s.t, "another pod has the name", func() bool {
		_, err := pods.Create(s.t.Context(), &core.Pod{ObjectMeta: other.ObjectMeta, Spec: other.Spec}, metav1.CreateOptions{})
		return err == nil
	})
}

// TestRealEvictionTimeline: the marks of an eviction are as near to kubectl's watch
// as those of a kill.
func TestRealEvictionTimeline(t *testing.T) {
	s := newSuite(t, nil)
	s.deploy(3, nil)
	s.budget(intstr.FromInt32(2))
	s.serve(s.config)
	req := s.request("cart")
	req.Kind = pod.EvictName
	checkRecovery(t, s, req, 1)
}

// TestRealBudgetRefusesEviction: the API server keeps the pod, and chaos calls that
// a refusal by name.
func TestRealBudgetRefusesEviction(t *testing.T) {
	s := newSuite(t, nil)
	s.deploy(2, nil)
	s.budget(intstr.FromString("100%"))
	s.serve(s.config)
	req := s.request("cart")
	req.Kind, req.AllowOutage = pod.EvictName, true
	checkRefused(t, s, req, pod.GuardBudgets)
	refused := await(s, events.FaultRefusedTopic)
	if !strings.Contains(refused.Reason, "Cannot evict pod") {
		t.Errorf("refused: %+v", refused)
	}
}

// budget makes a disruption budget over the cart, and waits until it is in effect.
func (s *suite) budget(least intstr.IntOrString) {
	s.t.Helper()
	budgets := s.client.PolicyV1().PodDisruptionBudgets(s.namespace)
	_, err := budgets.Create(s.t.Context(), &policy.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: "all-of-cart"},
		Spec:       policy.PodDisruptionBudgetSpec{MinAvailable: &least, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "cart"}}},
	}, metav1.CreateOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	eventually(s.t, "the budget counts its pods", func() bool {
		b, err := budgets.Get(s.t.Context(), "all-of-cart", metav1.GetOptions{})
		return err == nil && b.Status.ObservedGeneration == b.Generation && b.Status.ExpectedPods > 0
	})
}
