//go:build real

package kube_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/kube"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/timebound"
)

// tolerance is how far our marks may be from what kubectl shows on an idle machine. On
// any other they are nearer to it than to the other end of the recovery.
const tolerance = 100 * time.Millisecond

func TestRealDeploymentTimeline(t *testing.T) {
	s := newSuite(t, nil)
	s.deploy(3, nil)
	s.serve(s.config)
	checkRecovery(t, s, s.request("cart"), 1)
}

func TestRealTwoVictimsOfOneOwner(t *testing.T) {
	s := newSuite(t, nil)
	s.deploy(4, nil)
	s.serve(s.config)
	req := s.request("cart")
	req.Target.Percent, req.Target.PerOwner = 50, 2
	checkRecovery(t, s, req, 2)
}

func TestRealStatefulSet(t *testing.T) {
	s := newSuite(t, nil)
	replicas := int32(2)
	set := &apps.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: "store"},
		Spec: apps.StatefulSetSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "store"}},
			Template: template("store"), PodManagementPolicy: apps.ParallelPodManagement,
		},
	}
	if _, err := s.client.AppsV1().StatefulSets(s.namespace).Create(t.Context(), set, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	s.awaitReady("store", 2)
	s.serve(s.config)
	checkRecovery(t, s, s.request("store"), 1)
	injected := await(s, events.FaultInjectedTopic)
	for _, m := range of(s, events.RecoveryMarkedTopic) {
		if m.Object != injected.Victims[0].Name {
			t.Errorf("mark %s is about %s, want the name of the victim, %s", m.Mark, m.Object, injected.Victims[0].Name)
		}
	}
}

// checkRecovery runs the fault and compares each mark with what an independent
// kubectl showed.
func checkRecovery(t *testing.T, s *suite, req events.FaultInject, victims int) {
	t.Helper()
	o := s.observe()
	s.ask(req)
	injected := await(s, events.FaultInjectedTopic)
	reverted := await(s, events.FaultRevertedTopic)
	if len(injected.Victims) != victims || !reverted.Recovered {
		t.Fatalf("victims %v, recovered %v: %s", injected.Victims, reverted.Recovered, reverted.Reason)
	}
	marks := of(s, events.RecoveryMarkedTopic)
	if len(marks) != 5*victims {
		t.Fatalf("%d marks, want %d: %v", len(marks), 5*victims, marks)
	}
	most := reverted.At.Sub(injected.At) / 2
	for _, m := range marks {
		if m.Role != events.RoleSent {
			compare(t, o, m, injected.Victims, most)
		}
	}
}

// compare compares a mark with what kubectl shows; most is how far from it it may be.
func compare(t *testing.T, o *observer, m events.RecoveryMarked, victims []events.Victim, most time.Duration) {
	t.Helper()
	var at time.Time
	eventually(t, "kubectl shows "+m.Mark, func() (seen bool) {
		at, seen = o.first(func(s sight) bool { return shows(s, m, victims) })
		return seen
	})
	off := m.At.Sub(at)
	timebound.Check(t, fmt.Sprintf("from %s of %s until kubectl shows it, or back,", m.Mark, m.Object), off.Abs(), tolerance)
	if off.Abs() > most || !m.Since.IsZero() {
		t.Errorf("mark %s of %s is %s from what kubectl shows, at most %s are right (since %v)", m.Mark, m.Object, off, most, m.Since)
	}
}

// shows says whether the sight is the first that the mark could be about.
func shows(s sight, m events.RecoveryMarked, victims []events.Victim) bool {
	if s.Object.Name != m.Object {
		return false
	}
	victim := false
	for _, v := range victims {
		victim = victim || string(s.Object.UID) == v.UID
	}
	switch m.Mark {
	case events.MarkVictimGone:
		return victim && s.Type == "DELETED"
	case events.MarkReplacementScheduled:
		return !victim && s.Object.Spec.NodeName != ""
	case events.MarkReplacementStarted:
		return !victim && len(s.Object.Status.ContainerStatuses) == 1 && s.Object.Status.ContainerStatuses[0].State.Running != nil
	case events.MarkReplacementReady:
		return !victim && isReady(&s.Object)
	}
	return false
}

func TestRealForeignNamespaceIsRefused(t *testing.T) {
	s := newSuite(t, map[string]string{events.LabelManagedBy: "somebody-else"})
	s.deploy(2, nil)
	s.serve(s.config)
	checkRefused(t, s, s.request("cart"), chaos.GuardOwnership)
}

func TestRealNotOptedInIsRefused(t *testing.T) {
	s := newSuite(t, map[string]string{events.LabelChaos: "never"})
	s.deploy(2, nil)
	s.serve(s.config)
	checkRefused(t, s, s.request("cart"), chaos.GuardOptIn)
}

func TestRealLastReplicaIsRefused(t *testing.T) {
	s := newSuite(t, nil)
	s.deploy(1, nil)
	s.serve(s.config)
	checkRefused(t, s, s.request("cart"), pod.GuardReplicas)
}

func TestRealBudgetIsRefusedEvenWithAllowOutage(t *testing.T) {
	s := newSuite(t, nil)
	s.deploy(2, nil)
	all := intstr.FromString("100%")
	budget := &policy.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: "all-of-cart"},
		Spec:       policy.PodDisruptionBudgetSpec{MinAvailable: &all, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "cart"}}},
	}
	if _, err := s.client.PolicyV1().PodDisruptionBudgets(s.namespace).Create(t.Context(), budget, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	s.serve(s.config)
	req := s.request("cart")
	req.AllowOutage = true
	checkRefused(t, s, req, "PodDisruptionBudget all-of-cart")
}

// checkRefused also checks that no pod was touched.
func checkRefused(t *testing.T, s *suite, req events.FaultInject, reason string) {
	t.Helper()
	s.ask(req)
	refused := await(s, events.FaultRefusedTopic)
	if !strings.Contains(refused.Reason, reason) {
		t.Errorf("reason %q, want it to name %s", refused.Reason, reason)
	}
	t.Log(refused.Reason)
	for _, p := range s.pods("cart") {
		if p.DeletionTimestamp != nil {
			t.Errorf("pod %s was touched", p.Name)
		}
	}
}

func TestRealDeleteIsDenied(t *testing.T) {
	s := newSuite(t, nil)
	s.deploy(2, nil)
	s.serve(s.limited())
	s.ask(s.request("cart"))
	failed := await(s, events.FaultFailedTopic)
	if !strings.Contains(failed.Reason, chaos.ErrForbidden.Error()) || len(failed.Victims) > 0 {
		t.Errorf("failed: %+v", failed)
	}
	t.Log(failed.Reason)
	if reverted := await(s, events.FaultRevertedTopic); reverted.Recovered {
		t.Errorf("reverted: %+v", reverted)
	}
}

// limited is access that may see everything and delete nothing.
func (s *suite) limited() *rest.Config {
	s.t.Helper()
	name := "viewer-" + s.namespace
	role := &rbac.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Rules:      []rbac.PolicyRule{{APIGroups: []string{"", "apps", "policy"}, Resources: []string{"*"}, Verbs: []string{"get", "list", "watch"}}},
	}
	binding := &rbac.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Subjects:   []rbac.Subject{{Kind: rbac.UserKind, APIGroup: rbac.GroupName, Name: name}},
		RoleRef:    rbac.RoleRef{APIGroup: rbac.GroupName, Kind: "ClusterRole", Name: name},
	}
	if _, err := s.client.RbacV1().ClusterRoles().Create(s.t.Context(), role, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.client.RbacV1().ClusterRoleBindings().Create(s.t.Context(), binding, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		err := errors.Join(
			s.client.RbacV1().ClusterRoleBindings().Delete(context.Background(), name, metav1.DeleteOptions{}),
			s.client.RbacV1().ClusterRoles().Delete(context.Background(), name, metav1.DeleteOptions{}),
		)
		if err != nil {
			s.t.Error(err)
		}
	})
	config := rest.CopyConfig(s.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: name}
	return config
}

func TestRealAlreadyTerminating(t *testing.T) {
	s := newSuite(t, nil)
	victim := s.dying()
	s.serve(s.config)
	s.ask(s.request("bare"))
	failed := await(s, events.FaultFailedTopic)
	if !strings.Contains(failed.Reason, "already terminating") || len(failed.Victims) > 0 {
		t.Errorf("failed: %+v", failed)
	}
	cluster, err := kube.New(s.config, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := cluster.Kill(t.Context(), victim, nil); !errors.Is(err, pod.ErrTerminating) {
		t.Errorf("kill: %v", err)
	}
	victim.UID = "another"
	if err := cluster.Kill(t.Context(), victim, nil); !errors.Is(err, chaos.ErrGone) {
		t.Errorf("kill of another pod of that name: %v", err)
	}
}

// dying makes a pod that is terminating and stays so until the test ends.
func (s *suite) dying() events.Victim {
	s.t.Helper()
	pod := template("bare")
	pod.Name, pod.Finalizers = "bare", []string{"shakedown.dev/test"}
	pods := s.client.CoreV1().Pods(s.namespace)
	made, err := pods.Create(s.t.Context(), &core.Pod{ObjectMeta: pod.ObjectMeta, Spec: pod.Spec}, metav1.CreateOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.awaitReady("bare", 1)
	if err := pods.Delete(s.t.Context(), "bare", metav1.DeleteOptions{}); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if _, err := pods.Patch(context.Background(), "bare", types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{}); err != nil {
			s.t.Error(err)
		}
	})
	return events.Victim{Namespace: s.namespace, Name: "bare", UID: string(made.UID)}
}

func TestRealPendingReplacement(t *testing.T) {
	s := newSuite(t, nil)
	label := "shakedown.dev/" + s.namespace
	s.labelNode(label, "yes")
	s.deploy(1, func(d *apps.Deployment) { d.Spec.Template.Spec.NodeSelector = map[string]string{label: "yes"} })
	s.serve(s.config)
	s.labelNode(label, nil)
	req := s.request("cart")
	req.AllowOutage, req.Budget = true, events.Duration(20*time.Second)
	s.ask(req)
	reverted := await(s, events.FaultRevertedTopic)
	if reverted.Recovered || !strings.Contains(reverted.Reason, "not scheduled: 0/") {
		t.Errorf("reverted: %+v", reverted)
	}
	t.Log(reverted.Reason)
}

// labelNode sets a label of the first node; nil removes it.
func (s *suite) labelNode(label string, value any) {
	s.t.Helper()
	nodes, err := s.client.CoreV1().Nodes().List(s.t.Context(), metav1.ListOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": map[string]any{label: value}}})
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.client.CoreV1().Nodes().Patch(s.t.Context(), nodes.Items[0].Name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		s.t.Fatal(err)
	}
}
