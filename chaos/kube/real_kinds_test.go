//go:build real

package kube_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	apps "k8s.io/api/apps/v1"
	scaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/shakedown-dev/shakedown/chaos"
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
				s.stand()
				cluster, err := kube.New(s.config, time.Now)
				if err != nil {
					t.Fatal(err)
				}
				target := chaostest.Target{Kind: pod.Kinds(cluster)[i], Request: s.requestOf(kind.Describe()), Within: patience}
				s.observeHits(name, &target)
				return target
			})
		})
	}
}

// requestOf asks for one victim of a kind.
func (s *suite) requestOf(about chaos.Description) events.FaultInject {
	req := s.request("cart")
	if req.Kind = about.Name; about.Duration == events.DurationRequired {
		req.Duration, req.AllowOutage = events.Duration(time.Second), true
	}
	return req
}

// observeHits says how the victims of a kind are counted and replaced.
func (s *suite) observeHits(name string, target *chaostest.Target) {
	before := s.pods("cart")
	switch name {
	case pod.ContainerKillName:
		target.Hits, target.Replace = func() int { return s.restarts(before) }, s.replace
	case pod.OutageName:
		target.Hits = func() int { return s.owners(func(d *apps.Deployment) bool { return *d.Spec.Replicas == 0 }) }
		target.Replace = s.replaceOwner
	case pod.RestartName:
		target.Hits = func() int {
			return s.owners(func(d *apps.Deployment) bool {
				return d.Spec.Template.Annotations[events.AnnotationRestart] == target.Request.Fault
			})
		}
		target.Replace = s.replaceOwner
	default:
		target.Hits, target.Replace = func() int { return s.hit(before) }, s.replace
	}
}

// restarts counts the pods that are there still and in which a helper was put to end a
// container.
func (s *suite) restarts(before []core.Pod) int {
	s.t.Helper()
	n := 0
	for _, p := range s.pods("cart") {
		for _, b := range before {
			if p.UID == b.UID && len(p.Spec.EphemeralContainers) > len(b.Spec.EphemeralContainers) {
				n++
			}
		}
	}
	return n
}

// owners counts the Deployments of which it is so.
func (s *suite) owners(is func(*apps.Deployment) bool) int {
	s.t.Helper()
	list, err := s.client.AppsV1().Deployments(s.namespace).List(s.t.Context(), metav1.ListOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	n := 0
	for i := range list.Items {
		if is(&list.Items[i]) {
			n++
		}
	}
	return n
}

// replaceOwner deletes the Deployment and makes another one of its name.
func (s *suite) replaceOwner(v events.Victim) {
	s.t.Helper()
	deployments := s.client.AppsV1().Deployments(s.namespace)
	old, err := deployments.Get(s.t.Context(), v.Name, metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	if err := deployments.Delete(s.t.Context(), v.Name, metav1.DeleteOptions{}); err != nil {
		s.t.Fatal(err)
	}
	other := &apps.Deployment{ObjectMeta: metav1.ObjectMeta{Name: v.Name}, Spec: old.Spec}
	eventually(s.t, "another Deployment has the name", func() bool {
		_, err := deployments.Create(s.t.Context(), other, metav1.CreateOptions{})
		return err == nil
	})
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
	v.Name, _, _ = strings.Cut(v.Name, "/") // of a container it is that of its pod first
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

// TestRealContainerKill kills the container of a static image, which has nothing that
// could kill: the pod stays, the container was killed and runs again.
func TestRealContainerKill(t *testing.T) {
	s := newSuite(t, nil)
	s.deploy(3, nil)
	s.serve(s.config)
	req := s.request("cart")
	req.Kind = pod.ContainerKillName
	s.ask(req)
	injected := await(s, events.FaultInjectedTopic)
	if reverted := await(s, events.FaultRevertedTopic); !reverted.Recovered || len(reverted.Residue) > 0 {
		t.Fatalf("reverted: %+v", reverted)
	}
	v := injected.Victims[0]
	name, container, _ := strings.Cut(v.Name, "/")
	p, err := s.client.CoreV1().Pods(s.namespace).Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	status := p.Status.ContainerStatuses[0]
	if string(p.UID) != v.UID || status.Name != container || status.RestartCount != 1 || !status.Ready ||
		status.LastTerminationState.Terminated == nil || status.LastTerminationState.Terminated.ExitCode != 137 {
		t.Errorf("pod %s (uid %s): %+v", p.Name, p.UID, status)
	}
}

// TestRealContainerKillIsNotLetIn: where Pod Security does not allow the helper, that is
// said by name and nothing is touched.
func TestRealContainerKillIsNotLetIn(t *testing.T) {
	s := newSuite(t, map[string]string{"pod-security.kubernetes.io/enforce": "baseline"})
	s.deploy(3, nil)
	s.serve(s.config)
	req := s.request("cart")
	req.Kind = pod.ContainerKillName
	checkRefused(t, s, req, pod.GuardHelper)
	if refused := await(s, events.FaultRefusedTopic); !strings.Contains(refused.Reason, "PodSecurity") {
		t.Errorf("refused: %+v", refused)
	}
	for _, p := range s.pods("cart") {
		if len(p.Spec.EphemeralContainers) > 0 {
			t.Errorf("pod %s has a helper", p.Name)
		}
	}
}

// TestRealOutage holds a Deployment at zero although it has an autoscaler, and scales it
// back to what it was.
func TestRealOutage(t *testing.T) {
	s := newSuite(t, nil)
	s.deploy(2, nil)
	s.stand()
	s.autoscale(1)
	s.serve(s.config)
	req := s.requestOf(chaos.Description{FaultKind: events.FaultKind{Name: pod.OutageName, Duration: events.DurationRequired}})
	req.Duration = events.Duration(20 * time.Second) // longer than an autoscaler takes between two looks
	s.ask(req)
	await(s, events.FaultInjectedTopic)
	eventually(t, "no pod is ready", func() bool {
		for _, p := range s.pods("cart") {
			if isReady(&p) && p.DeletionTimestamp == nil {
				return false
			}
		}
		return true
	})
	reverted := await(s, events.FaultRevertedTopic)
	if !reverted.Recovered || len(reverted.Residue) > 0 {
		t.Fatalf("reverted: %+v", reverted)
	}
	marks := of(s, events.RecoveryMarkedTopic)
	var down, up time.Time
	for _, m := range marks {
		switch m.Role {
		case events.RoleEffect:
			down = m.At
		case events.RoleHealed:
			up = m.At
		case events.RoleSent:
		}
	}
	if up.Sub(down) < req.Duration.Std()/2 {
		t.Errorf("down at %s, up at %s: %+v", down, up, marks)
	}
	s.checkOutageLeftNothing(2)
}

// checkOutageLeftNothing wants the replicas, and none of our annotations.
func (s *suite) checkOutageLeftNothing(replicas int32) {
	s.t.Helper()
	d, err := s.client.AppsV1().Deployments(s.namespace).Get(s.t.Context(), "cart", metav1.GetOptions{})
	if err != nil || *d.Spec.Replicas != replicas || d.Annotations[events.AnnotationOutage] != "" {
		s.t.Errorf("%d replicas, annotations %v, error %v", *d.Spec.Replicas, d.Annotations, err)
	}
}

// autoscale gives the cart an autoscaler, which has no metrics to go by.
func (s *suite) autoscale(least int32) {
	s.t.Helper()
	_, err := s.client.AutoscalingV2().HorizontalPodAutoscalers(s.namespace).Create(s.t.Context(), &scaling.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Name: "cart"},
		Spec: scaling.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: scaling.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "cart"},
			MinReplicas:    &least, MaxReplicas: 5,
			Metrics: []scaling.MetricSpec{{Type: scaling.ResourceMetricSourceType, Resource: &scaling.ResourceMetricSource{
				Name: core.ResourceCPU, Target: scaling.MetricTarget{Type: scaling.AverageValueMetricType, AverageValue: resource.NewQuantity(1, resource.DecimalSI)},
			}}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
}

// TestRealOutageLeavesWhatOthersScale: a person scales during the outage.
func TestRealOutageLeavesWhatOthersScale(t *testing.T) {
	s := newSuite(t, nil)
	s.deploy(2, nil)
	s.stand()
	s.serve(s.config)
	req := s.requestOf(chaos.Description{FaultKind: events.FaultKind{Name: pod.OutageName, Duration: events.DurationRequired}})
	req.Duration = events.Duration(10 * time.Second)
	s.ask(req)
	await(s, events.FaultInjectedTopic)
	deployments := s.client.AppsV1().Deployments(s.namespace)
	scale, err := deployments.GetScale(t.Context(), "cart", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	scale.Spec.Replicas, scale.ResourceVersion = 1, "" // whatever has changed meanwhile
	if _, err := deployments.UpdateScale(t.Context(), "cart", scale, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	end := events.FaultRevert{Fault: req.Fault, Run: req.Run, Reason: "seen enough"}
	if err := events.FaultRevertTopic.Publish(t.Context(), s.bus, events.Meta{ID: "end", Source: "test", Time: time.Now(), Correlation: req.Run}, end); err != nil {
		t.Fatal(err)
	}
	reverted := await(s, events.FaultRevertedTopic)
	if len(reverted.Residue) != 1 || !strings.Contains(reverted.Residue[0], "was scaled to 1 replicas by somebody else") {
		t.Errorf("reverted: %+v", reverted)
	}
	s.checkOutageLeftNothing(1)
}

// TestRealRestart is over when kubectl says so.
func TestRealRestart(t *testing.T) {
	s := newSuite(t, nil)
	s.deploy(3, nil)
	s.serve(s.config)
	req := s.request("cart")
	req.Kind = pod.RestartName
	before := s.pods("cart")
	s.ask(req)
	if reverted := await(s, events.FaultRevertedTopic); !reverted.Recovered {
		t.Fatalf("reverted: %+v", reverted)
	}
	out, err := exec.Command("kubectl", "--kubeconfig", kubeconfig(t), "-n", s.namespace, "rollout", "status", "deployment/cart", "--watch=false").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "successfully rolled out") {
		t.Errorf("kubectl: %s %v", out, err)
	}
	for _, p := range s.pods("cart") {
		for _, b := range before {
			if p.UID == b.UID && p.DeletionTimestamp == nil {
				t.Errorf("pod %s was there before", p.Name)
			}
		}
	}
}

// stand puts two other pods beside those of the cart, so that these are a part of what runs.
func (s *suite) stand() {
	s.t.Helper()
	replicas := int32(2)
	_, err := s.client.AppsV1().Deployments(s.namespace).Create(s.t.Context(), &apps.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "beside"},
		Spec: apps.DeploymentSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "beside"}}, Template: template("beside"),
		},
	}, metav1.CreateOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.awaitReady("beside", int(replicas))
}
