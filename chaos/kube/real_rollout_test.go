//go:build real

package kube_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	apps "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/chaos/kube"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// TestRealRollouts: what is a rollout is decided as kubectl decides it, for the ways in
// which a StatefulSet can be updated.
func TestRealRollouts(t *testing.T) {
	onDelete := apps.StatefulSetUpdateStrategy{Type: apps.OnDeleteStatefulSetStrategyType}
	for _, c := range []struct {
		name     string
		strategy apps.StatefulSetUpdateStrategy
		// change is made of the template; updated is how many pods follow it.
		change  func(*apps.StatefulSet)
		updated int32
		// kubectl is what it says, and refused what the guard does; "" when it lets in.
		kubectl, refused string
	}{
		{"unchanged", rolling(0), nil, 2, "roll out complete: 2 new pods", ""},
		{"updated", rolling(0), relabel, 2, "roll out complete: 2 new pods", ""},
		{"half kept by a partition", rolling(1), relabel, 1, "partitioned roll out complete: 1 new pods", ""},
		{"all kept by a partition", rolling(2), relabel, 0, "partitioned roll out complete: 0 new pods", ""},
		{"an update that comes to no end", rolling(0), neverReady, 1, "Waiting for", "a rollout is going on"},
		{"on delete, unchanged", onDelete, nil, 2, "only available for RollingUpdate", ""},
		{"on delete, changed", onDelete, relabel, 0, "only available for RollingUpdate", "2 of 2 are of the former version"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSuite(t, nil)
			s.statefulSet(c.strategy)
			if c.change != nil {
				s.update(c.change, c.updated)
			}
			if says := s.rolloutStatus(); !strings.Contains(says, c.kubectl) {
				t.Errorf("kubectl says %q, want %q", says, c.kubectl)
			}
			d := s.decision(pod.GuardNoRollout)
			if d.Allowed != (c.refused == "") || !strings.Contains(d.Seen, c.refused) {
				t.Errorf("decided %+v, want a refusal of %q", d, c.refused)
			}
		})
	}
}

func rolling(partition int32) apps.StatefulSetUpdateStrategy {
	return apps.StatefulSetUpdateStrategy{
		Type:          apps.RollingUpdateStatefulSetStrategyType,
		RollingUpdate: &apps.RollingUpdateStatefulSetStrategy{Partition: &partition},
	}
}

func relabel(s *apps.StatefulSet) { s.Spec.Template.Labels["version"] = "2" }

func neverReady(s *apps.StatefulSet) {
	s.Spec.Template.Spec.Containers[0].ReadinessProbe.HTTPGet.Path = "/no-such-page"
}

// statefulSet makes "store" with two replicas and waits until they are ready.
func (s *suite) statefulSet(strategy apps.StatefulSetUpdateStrategy) {
	s.t.Helper()
	replicas := int32(2)
	set := &apps.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: "store"},
		Spec: apps.StatefulSetSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "store"}},
			Template: template("store"), PodManagementPolicy: apps.ParallelPodManagement, UpdateStrategy: strategy,
		},
	}
	if _, err := s.client.AppsV1().StatefulSets(s.namespace).Create(s.t.Context(), set, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	s.awaitReady("store", 2)
	s.awaitUpdated(2)
}

// update changes the template and waits until as many pods have followed.
func (s *suite) update(change func(*apps.StatefulSet), updated int32) {
	s.t.Helper()
	sets := s.client.AppsV1().StatefulSets(s.namespace)
	eventually(s.t, "the template is changed", func() bool {
		set, err := sets.Get(s.t.Context(), "store", metav1.GetOptions{})
		if err != nil {
			return false
		}
		change(set)
		_, err = sets.Update(s.t.Context(), set, metav1.UpdateOptions{})
		return err == nil
	})
	s.awaitUpdated(updated)
}

// awaitUpdated waits until the controller has seen the template, as many pods are of
// it, and all that are to be ready are.
func (s *suite) awaitUpdated(updated int32) {
	s.t.Helper()
	eventually(s.t, "the StatefulSet's status is up to date", func() bool {
		set, err := s.client.AppsV1().StatefulSets(s.namespace).Get(s.t.Context(), "store", metav1.GetOptions{})
		if err != nil || set.Status.ObservedGeneration < set.Generation || set.Status.Replicas != 2 {
			return false
		}
		broken := set.Spec.Template.Spec.Containers[0].ReadinessProbe.HTTPGet.Path != "/readyz"
		return set.Status.UpdatedReplicas == updated && (broken || set.Status.ReadyReplicas == 2)
	})
}

// rolloutStatus is what kubectl says of the rollout now.
func (s *suite) rolloutStatus() string {
	s.t.Helper()
	//nolint:gosec // what it prints is the answer, an error included; the arguments are the test's
	out, _ := exec.Command("kubectl", "--kubeconfig", kubeconfig(s.t), "-n", s.namespace,
		"rollout", "status", "statefulset/store", "--watch=false").CombinedOutput()
	return strings.TrimSpace(string(out))
}

// decision is what the guard decides of a kill of one pod of "store".
func (s *suite) decision(guard string) events.GuardDecision {
	s.t.Helper()
	cluster, err := kube.New(s.config, time.Now)
	if err != nil {
		s.t.Fatal(err)
	}
	survey, err := pod.Kinds(cluster)[0].Survey(s.t.Context(), s.request("store"), 7)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, d := range survey.Decide(nil) {
		if d.Guard == guard {
			return d
		}
	}
	s.t.Fatalf("no guard is called %s", guard)
	return events.GuardDecision{}
}
