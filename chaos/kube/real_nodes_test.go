//go:build real

package kube_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/kube"
	"github.com/shakedown-dev/shakedown/chaos/node"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/sandboxtest"
)

// newNodeSuite is a suite whose chaos has the faults of nodes, and that lets faults into
// all nodes until the test ends.
func newNodeSuite(t *testing.T) *suite {
	t.Helper()
	s := newSuite(t, nil)
	sandboxtest.Provision(t, s.bus)
	stamp := events.Stamp{Source: "chaos", Now: time.Now, NewID: rand.Text}
	cluster, err := kube.New(s.config, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	kinds := node.Kinds(cluster, node.Provisioner{Caller: s.bus, Stamp: stamp, Server: s.config.Host}, node.Options{})
	s.run(chaos.Deps{Bus: s.bus, Caller: s.bus, Store: s.bus, Stamp: stamp, Kinds: kinds, Owner: "real", Installation: "real"})
	for _, n := range s.nodes() {
		s.tagNode(n.Name, events.LabelChaos, events.ChaosAllowed)
		t.Cleanup(func() { s.tagNode(n.Name, events.LabelChaos, nil) })
	}
	return s
}

// run runs the service until the test ends.
func (s *suite) run(d chaos.Deps) {
	s.t.Helper()
	service, err := chaos.New(d)
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- service.Run(ctx) }()
	<-service.Ready()
	s.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("run: %v", err)
		}
	})
}

func (s *suite) nodes() []core.Node {
	s.t.Helper()
	list, err := s.client.CoreV1().Nodes().List(context.Background(), metav1.ListOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return list.Items
}

func (s *suite) node(name string) core.Node {
	s.t.Helper()
	n, err := s.client.CoreV1().Nodes().Get(context.Background(), name, metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return *n
}

func (s *suite) patchNode(name string, patch any) {
	s.t.Helper()
	raw, err := json.Marshal(patch)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.client.CoreV1().Nodes().Patch(context.Background(), name, types.MergePatchType, raw, metav1.PatchOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *suite) tagNode(name, label string, value any) {
	s.t.Helper()
	s.patchNode(name, map[string]any{"metadata": map[string]any{"labels": map[string]any{label: value}}})
}

// looks is a node as far as a fault must leave it as it was.
type looks struct {
	Unschedulable bool
	Taints        []core.Taint
	Annotations   map[string]string
	Labels        map[string]string
}

func (s *suite) looks(name string) looks {
	n := s.node(name)
	taints := slices.DeleteFunc(n.Spec.Taints, func(t core.Taint) bool { // Kubernetes takes these off a moment later
		return t.Key == core.TaintNodeUnschedulable && !n.Spec.Unschedulable
	})
	if len(taints) == 0 {
		taints = nil
	}
	for i := range taints {
		taints[i].TimeAdded = nil
	}
	return looks{n.Spec.Unschedulable, taints, maps.Clone(n.Annotations), maps.Clone(n.Labels)}
}

// nodeFault is one of the node with the most pods of the cart.
func (s *suite) nodeFault(kind, params string, lasts time.Duration) (events.FaultInject, string) {
	s.t.Helper()
	on := make(map[string]int)
	for _, p := range s.pods("cart") {
		on[p.Spec.NodeName]++
	}
	names := slices.SortedFunc(maps.Keys(on), func(a, b string) int { return on[b] - on[a] })
	req := s.request("cart")
	req.Kind, req.Params, req.Duration, req.AllowOutage = kind, json.RawMessage(params), events.Duration(lasts), true
	req.Target.Labels, req.Budget = "kubernetes.io/hostname="+names[0], events.Duration(90*time.Second)
	return req, names[0]
}

// figures prints how long it took to each mark.
func (s *suite) figures(req events.FaultInject, asked time.Time) {
	s.t.Helper()
	for _, m := range of(s, events.RecoveryMarkedTopic) {
		s.t.Logf("%s %s: %s after it was asked for", req.Kind, m.Mark, m.At.Sub(asked).Round(10*time.Millisecond))
	}
}

// volume gives the pods an emptyDir.
func volume(d *apps.Deployment) {
	d.Spec.Template.Spec.Volumes = []core.Volume{{Name: "scratch", VolumeSource: core.VolumeSource{EmptyDir: &core.EmptyDirVolumeSource{}}}}
}

// agents is a DaemonSet with an emptyDir on every node.
func (s *suite) agents() {
	s.t.Helper()
	set := &apps.DaemonSet{ObjectMeta: metav1.ObjectMeta{Name: "agent"}, Spec: apps.DaemonSetSpec{
		Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "agent"}}, Template: template("agent"),
	}}
	set.Spec.Template.Spec.Volumes = []core.Volume{{Name: "scratch", VolumeSource: core.VolumeSource{EmptyDir: &core.EmptyDirVolumeSource{}}}}
	if _, err := s.client.AppsV1().DaemonSets(s.namespace).Create(s.t.Context(), set, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	s.awaitReady("agent", len(s.nodes()))
}

// podsOn are the pods of an app on a node that are not going.
func (s *suite) podsOn(app, name string) int {
	n := 0
	for _, p := range s.pods(app) {
		if p.Spec.NodeName == name && p.DeletionTimestamp == nil {
			n++
		}
	}
	return n
}

// TestRealDrain empties a node but for its DaemonSet, keeps it cordoned for its duration,
// and leaves it as it was.
func TestRealDrain(t *testing.T) {
	s := newNodeSuite(t)
	s.agents()
	s.deploy(3, volume)
	s.budget(intstr.FromInt32(2))
	req, name := s.nodeFault(node.DrainName, `{"deleteEmptyDirData": true, "timeout": "4m"}`, 5*time.Second)
	req.Budget = events.Duration(5 * time.Minute) // a kubelet waits 2 minutes for its runtime before it asks again
	s.patchNode(name, map[string]any{"metadata": map[string]any{"annotations": map[string]any{"theirs": "stays"}}})
	before, asked := s.looks(name), time.Now()
	s.ask(req)
	await(s, events.FaultInjectedTopic)
	if n := s.node(name); !n.Spec.Unschedulable || !strings.Contains(n.Annotations["shakedown.dev/cordoned-by"], req.Fault) {
		t.Errorf("while the fault is in effect: unschedulable %v, annotations %v", n.Spec.Unschedulable, n.Annotations)
	}
	if carts, agents := s.podsOn("cart", name), s.podsOn("agent", name); carts != 0 || agents != 1 {
		t.Errorf("on the drained node are %d carts and %d agents", carts, agents)
	}
	reverted := await(s, events.FaultRevertedTopic)
	if !reverted.Recovered || len(reverted.Residue) > 0 {
		t.Errorf("reverted: %+v", reverted)
	}
	if d := cmp.Diff(before, s.looks(name)); d != "" {
		t.Errorf("the node is not as it was: %s", d)
	}
	s.figures(req, asked)
}

// TestRealDrainThatCannotEnd: one replica that its budget keeps, and two of which one is
// not ready and uses the budget up. It ends at its timeout, and every pod is named.
func TestRealDrainThatCannotEnd(t *testing.T) {
	s := newNodeSuite(t)
	s.agents()
	s.deploy(1, nil)
	s.budget(intstr.FromInt32(1))
	req, name := s.nodeFault(node.DrainName, `{"timeout": "6s"}`, time.Second)
	s.limp(name)
	before, asked := s.looks(name), time.Now()
	s.ask(req)
	failed := await(s, events.FaultFailedTopic)
	took := time.Since(asked)
	for _, want := range []string{
		"the drain did not end within its timeout of 6s", "blocked: ", s.namespace + "/cart-", "The disruption budget all-of-cart needs 1 healthy pods and has 1 currently",
		"The disruption budget limping needs 1 healthy pods", "not ready, and counted by the budget: limping-down", "skipped: ", s.namespace + "/agent-",
	} {
		if !strings.Contains(failed.Reason, want) {
			t.Errorf("the reason does not say %q", want)
		}
	}
	t.Log("failed: " + failed.Reason)
	end := events.FaultRevert{Fault: req.Fault, Run: req.Run, Reason: "the run is over"}
	if err := events.FaultRevertTopic.Publish(t.Context(), s.bus, events.Meta{ID: "end-" + req.Fault, Source: "test", Time: time.Now(), Correlation: req.Run}, end); err != nil {
		t.Fatal(err)
	}
	await(s, events.FaultRevertedTopic)
	if n := len(of(s, events.FaultInjectedTopic)); n > 0 {
		t.Error("it was published as injected")
	}
	if d := cmp.Diff(before, s.looks(name)); d != "" {
		t.Errorf("the node is not as it was: %s", d)
	}
	if s.podsOn("cart", name) != 1 {
		t.Error("the pod that the budget keeps is gone")
	}
	t.Logf("failed %s after it was asked for, closed %s after it", took.Round(10*time.Millisecond), time.Since(asked).Round(10*time.Millisecond))
}

// limp makes two pods under one budget of which one is not ready: the ready one on the
// node, and so that nobody else's scheduling matters, both without a controller's choice.
func (s *suite) limp(name string) {
	s.t.Helper()
	one := int32(1)
	for app, ready := range map[string]bool{"limping-up": true, "limping-down": false} {
		d := &apps.Deployment{ObjectMeta: metav1.ObjectMeta{Name: app}, Spec: apps.DeploymentSpec{
			Replicas: &one, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": app}}, Template: template(app),
		}}
		d.Spec.Template.Labels["group"] = "limping"
		if ready {
			d.Spec.Template.Spec.NodeSelector = map[string]string{"kubernetes.io/hostname": name}
		} else {
			d.Spec.Template.Spec.Containers[0].ReadinessProbe.HTTPGet.Path = "/no-such-page"
		}
		if _, err := s.client.AppsV1().Deployments(s.namespace).Create(s.t.Context(), d, metav1.CreateOptions{}); err != nil {
			s.t.Fatal(err)
		}
	}
	least := intstr.FromInt32(1)
	_, err := s.client.PolicyV1().PodDisruptionBudgets(s.namespace).Create(s.t.Context(), &policy.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: "limping"},
		Spec:       policy.PodDisruptionBudgetSpec{MinAvailable: &least, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"group": "limping"}}},
	}, metav1.CreateOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.awaitReady("limping-up", 1)
	eventually(s.t, "the other pod runs", func() bool {
		pods := s.pods("limping-down")
		return len(pods) == 1 && pods[0].Status.Phase == core.PodRunning
	})
	eventually(s.t, "the budget counts its pods", func() bool {
		b, err := s.client.PolicyV1().PodDisruptionBudgets(s.namespace).Get(s.t.Context(), "limping", metav1.GetOptions{})
		return err == nil && b.Status.ExpectedPods == 2 && b.Status.CurrentHealthy == 1
	})
}

// TestRealHandMadeCordonStays: a node that somebody has cordoned before is cordoned
// afterwards.
func TestRealHandMadeCordonStays(t *testing.T) {
	s := newNodeSuite(t)
	s.deploy(3, nil)
	req, name := s.nodeFault(node.DrainName, `{}`, time.Second)
	s.patchNode(name, map[string]any{"spec": map[string]any{"unschedulable": true}})
	t.Cleanup(func() { s.patchNode(name, map[string]any{"spec": map[string]any{"unschedulable": nil}}) })
	eventually(t, "Kubernetes taints the node", func() bool { return len(s.node(name).Spec.Taints) > 0 })
	before := s.looks(name)
	s.ask(req)
	reverted := await(s, events.FaultRevertedTopic)
	if !reverted.Recovered {
		t.Errorf("reverted: %+v", reverted)
	}
	if d := cmp.Diff(before, s.looks(name)); d != "" || !before.Unschedulable {
		t.Errorf("the node is not as it was: %s", d)
	}
}

// TestRealEmptyDir: pods that would lose data are not touched unless that is allowed.
func TestRealEmptyDir(t *testing.T) {
	s := newNodeSuite(t)
	s.deploy(3, volume)
	req, name := s.nodeFault(node.DrainName, `{}`, time.Second)
	before, carts := s.looks(name), s.podsOn("cart", name)
	checkRefused(t, s, req, node.GuardDrainable)
	if refused := await(s, events.FaultRefusedTopic); !strings.Contains(refused.Reason, "it has an emptyDir") {
		t.Errorf("refused: %+v", refused)
	}
	if d := cmp.Diff(before, s.looks(name)); d != "" || s.podsOn("cart", name) != carts {
		t.Errorf("something was touched: %s", d)
	}
}

// TestRealNodeKill switches a node off and on again, through the provisioner.
func TestRealNodeKill(t *testing.T) {
	s := newNodeSuite(t)
	s.agents()
	s.deploy(3, nil)
	req, name := s.nodeFault(node.KillName, `{}`, 40*time.Second)
	before, asked := s.looks(name), time.Now()
	s.ask(req)
	await(s, events.FaultInjectedTopic)
	eventually(t, "the API server misses the node", func() bool { return !nodeReady(s.node(name)) })
	reverted := await(s, events.FaultRevertedTopic)
	if !reverted.Recovered || len(reverted.Residue) > 0 {
		t.Errorf("reverted: %+v", reverted)
	}
	var marks []string
	for _, m := range of(s, events.RecoveryMarkedTopic) {
		marks = append(marks, m.Mark)
	}
	if d := cmp.Diff([]string{"power-off-accepted", "node-not-ready", "node-back", "pods-back"}, marks); d != "" {
		t.Error(d)
	}
	for _, p := range s.pods("cart") {
		if p.Spec.NodeName == name && p.Status.ContainerStatuses[0].RestartCount == 0 {
			t.Errorf("pod %s was counted as back and has not been started again", p.Name)
		}
	}
	eventually(t, "the node looks as before", func() bool { return cmp.Diff(before, s.looks(name)) == "" })
	s.figures(req, asked)
}

func nodeReady(n core.Node) bool {
	for _, c := range n.Status.Conditions {
		if c.Type == core.NodeReady {
			return c.Status == core.ConditionTrue
		}
	}
	return false
}

// TestRealNodeWithoutConsent: a node that nobody has labelled is not touched, and the
// refusal says how to let faults in.
func TestRealNodeWithoutConsent(t *testing.T) {
	s := newNodeSuite(t)
	s.deploy(3, nil)
	for _, kind := range []string{node.DrainName, node.KillName} {
		req, name := s.nodeFault(kind, `{}`, time.Second)
		req.Fault, req.Run = req.Fault+kind, req.Run+kind
		s.tagNode(name, events.LabelChaos, nil)
		before := s.looks(name)
		s.ask(req)
		eventually(t, "it is refused", func() bool {
			return slices.ContainsFunc(of(s, events.FaultRefusedTopic), func(r events.FaultRefused) bool {
				return r.Fault == req.Fault && strings.Contains(r.Reason, chaos.GuardOptIn) && strings.Contains(r.Advice, fmt.Sprintf("kubectl label node %s shakedown.dev/chaos=allowed", name))
			})
		})
		if d := cmp.Diff(before, s.looks(name)); d != "" || !nodeReady(s.node(name)) {
			t.Errorf("something was touched: %s", d)
		}
	}
}
