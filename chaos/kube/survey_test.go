package kube

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

const (
	nsPath     = "GET /api/v1/namespaces/shop"
	podsPath   = "/api/v1/namespaces/shop/pods"
	appsPath   = "GET /apis/apps/v1/namespaces/shop/"
	budgetPath = "GET /apis/policy/v1/namespaces/shop/poddisruptionbudgets"
)

// shop answers as a namespace with a Deployment of one pod, a bare pod, a pod of
// a foreign controller and a budget.
func shop() map[string]http.HandlerFunc {
	three, one := int32(3), aPod("api-1", "u1", "5")
	bare, strange := aPod("bare-1", "u2", "5"), aPod("web-1", "u3", "5")
	bare.OwnerReferences = nil
	strange.OwnerReferences = []metav1.OwnerReference{controller("ReplicaSet", "web-1")}
	return map[string]http.HandlerFunc{
		nsPath: answers(core.Namespace{
			TypeMeta:   metav1.TypeMeta{Kind: "Namespace", APIVersion: "v1"},
			ObjectMeta: metav1.ObjectMeta{Name: "shop", Labels: map[string]string{events.LabelChaos: events.ChaosAllowed}},
		}),
		"GET " + podsPath: answers(podList("77", one, bare, strange)),
		appsPath + "replicasets": answers(apps.ReplicaSetList{
			TypeMeta: metav1.TypeMeta{Kind: "ReplicaSetList", APIVersion: "apps/v1"},
			Items: []apps.ReplicaSet{
				{ObjectMeta: meta("api-1", "replicaset-api-1", "1", controller("Deployment", "api"))},
				{ObjectMeta: meta("web-1", "replicaset-web-1", "1", controller("Rollout", "web"))},
			},
		}),
		appsPath + "replicasets/api-1": answers(apps.ReplicaSet{
			TypeMeta:   metav1.TypeMeta{Kind: "ReplicaSet", APIVersion: "apps/v1"},
			ObjectMeta: meta("api-1", "replicaset-api-1", "1", controller("Deployment", "api")),
		}),
		appsPath + "deployments": answers(apps.DeploymentList{
			TypeMeta: metav1.TypeMeta{Kind: "DeploymentList", APIVersion: "apps/v1"},
			Items: []apps.Deployment{{
				ObjectMeta: metav1.ObjectMeta{Name: "api", UID: "deployment-api", Generation: 4},
				Spec:       apps.DeploymentSpec{Replicas: &three},
				Status:     apps.DeploymentStatus{ObservedGeneration: 4, Replicas: 3, UpdatedReplicas: 3, ReadyReplicas: 2},
			}},
		}),
		appsPath + "statefulsets": answers(apps.StatefulSetList{TypeMeta: metav1.TypeMeta{Kind: "StatefulSetList", APIVersion: "apps/v1"}}),
		appsPath + "daemonsets":   answers(apps.DaemonSetList{TypeMeta: metav1.TypeMeta{Kind: "DaemonSetList", APIVersion: "apps/v1"}}),
		budgetPath: answers(policy.PodDisruptionBudgetList{
			TypeMeta: metav1.TypeMeta{Kind: "PodDisruptionBudgetList", APIVersion: "policy/v1"},
			Items: []policy.PodDisruptionBudget{{
				ObjectMeta: metav1.ObjectMeta{Name: "pdb", Generation: 2},
				Spec:       policy.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "api"}}},
				Status:     policy.PodDisruptionBudgetStatus{DisruptionsAllowed: 1, ObservedGeneration: 2},
			}},
		}),
	}
}

func TestSurvey(t *testing.T) {
	c, _ := newAPI(t, shop())
	s, err := c.Survey(t.Context(), "shop", "app in (api)")
	if err != nil {
		t.Fatal(err)
	}
	deployment := pod.Ref{Kind: "Deployment", Name: "api", UID: "deployment-api"}
	rollout := pod.Ref{Kind: "Rollout", Name: "web", UID: "rollout-web"}
	api := []pod.Container{{Name: "api"}}
	want := pod.Survey{
		Namespace: pod.Namespace{Name: "shop", Labels: map[string]string{events.LabelChaos: events.ChaosAllowed}},
		Revision:  "77",
		Pods: []pod.Pod{
			{Namespace: "shop", Name: "api-1", UID: "u1", Owner: deployment, Node: "n1", Selected: true, Running: true, Containers: api},
			{Namespace: "shop", Name: "bare-1", UID: "u2", Node: "n1", Running: true, Containers: api},
			{Namespace: "shop", Name: "web-1", UID: "u3", Owner: rollout, Node: "n1", Running: true, Containers: api},
		},
		Owners: map[string]pod.Owner{
			deployment.UID: {Ref: deployment, Known: true, Desired: 3, Replicas: 3, Updated: 3, Ready: 2, Generation: 4, Observed: 4},
			rollout.UID:    {Ref: rollout, Why: "a Rollout is not a kind whose rollouts we know"},
		},
		Budgets: []pod.Budget{{Name: "pdb", Allowed: 1, Fresh: true, Covers: []string{"u1"}}},
		Gaps:    map[pod.Part]string{},
		At:      s.At,
	}
	if d := cmp.Diff(want, s); d != "" {
		t.Error(d)
	}
}

// TestOwnersThatAreUpdatedInPart: what kubectl rollout status asks for beside the numbers.
func TestOwnersThatAreUpdatedInPart(t *testing.T) {
	rolling := func(partition *int32) apps.StatefulSetUpdateStrategy {
		return apps.StatefulSetUpdateStrategy{
			Type: apps.RollingUpdateStatefulSetStrategyType, RollingUpdate: &apps.RollingUpdateStatefulSetStrategy{Partition: partition},
		}
	}
	set := func(s apps.StatefulSetUpdateStrategy) pod.Owner {
		return statefulSetOwner(&apps.StatefulSet{Spec: apps.StatefulSetSpec{UpdateStrategy: s}})
	}
	daemon := func(s apps.DaemonSetUpdateStrategyType) pod.Owner {
		return daemonSetOwner(&apps.DaemonSet{Spec: apps.DaemonSetSpec{UpdateStrategy: apps.DaemonSetUpdateStrategy{Type: s}}})
	}
	for name, tc := range map[string]struct {
		owner     pod.Owner
		partition int
		onDelete  bool
	}{
		"no strategy":       {set(apps.StatefulSetUpdateStrategy{}), 0, false},
		"no partition":      {set(rolling(nil)), 0, false},
		"partition":         {set(rolling(new(int32(2)))), 2, false},
		"on delete":         {set(apps.StatefulSetUpdateStrategy{Type: apps.OnDeleteStatefulSetStrategyType}), 0, true},
		"daemons":           {daemon(apps.RollingUpdateDaemonSetStrategyType), 0, false},
		"daemons on delete": {daemon(apps.OnDeleteDaemonSetStrategyType), 0, true},
	} {
		if tc.owner.Partition != tc.partition || tc.owner.OnDelete != tc.onDelete {
			t.Errorf("%s: %+v, want partition %d, on delete %v", name, tc.owner, tc.partition, tc.onDelete)
		}
	}
}

// TestOwnersOfOtherKinds: a controller that is none of Kubernetes is named with its kind.
func TestOwnersOfOtherKinds(t *testing.T) {
	routes := shop()
	strange := aPod("ps-1", "u4", "5")
	strange.OwnerReferences = []metav1.OwnerReference{controller("PodSet", "ps")}
	routes["GET "+podsPath] = answers(podList("77", strange))
	c, _ := newAPI(t, routes)
	s, err := c.Survey(t.Context(), "shop", "app in (api)")
	if err != nil {
		t.Fatal(err)
	}
	if o := s.Owners[s.Pods[0].Owner.UID]; o.Known || o.Why != "a PodSet is not a kind whose rollouts we know" {
		t.Errorf("owner %+v", o)
	}
}

func TestSurveyGaps(t *testing.T) {
	for _, tc := range []struct {
		route string
		part  pod.Part
	}{
		{nsPath, pod.PartNamespace},
		{appsPath + "replicasets", pod.PartOwners},
		{appsPath + "deployments", pod.PartOwners},
		{appsPath + "statefulsets", pod.PartOwners},
		{appsPath + "daemonsets", pod.PartOwners},
		{budgetPath, pod.PartBudgets},
	} {
		t.Run(tc.route, func(t *testing.T) {
			routes := shop()
			routes[tc.route] = refuses(403, metav1.StatusReasonForbidden)
			c, _ := newAPI(t, routes)
			s, err := c.Survey(t.Context(), "shop", "app=api")
			if err != nil || s.Gaps[tc.part] == "" || len(s.Gaps) != 1 {
				t.Errorf("gaps %v, error %v", s.Gaps, err)
			}
		})
	}
}

func TestSurveyErrors(t *testing.T) {
	for _, tc := range []struct {
		name, selector string
		alter          func(map[string]http.HandlerFunc)
		want           error
	}{
		{"bad selector", "app in (", nil, pod.ErrSelector},
		{"selector takes all", "", nil, pod.ErrSelector},
		{"no namespace", "app=api", func(r map[string]http.HandlerFunc) { delete(r, nsPath) }, chaos.ErrGone},
		{"pods forbidden", "app=api", func(r map[string]http.HandlerFunc) {
			r["GET "+podsPath] = refuses(403, metav1.StatusReasonForbidden)
		}, chaos.ErrForbidden},
	} {
		t.Run(tc.name, func(t *testing.T) {
			routes := shop()
			if tc.alter != nil {
				tc.alter(routes)
			}
			c, _ := newAPI(t, routes)
			if _, err := c.Survey(t.Context(), "shop", tc.selector); !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
		})
	}
}

// FuzzSelector: what parses is never empty and means the same when it is written
// and read again.
func FuzzSelector(f *testing.F) {
	for _, s := range []string{"app=api", "a in (b,c),!d", "a!=b", "", " ", "a>1", "x in (", "=", ",", "a==b,,"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Selector(text)
		if err != nil {
			if !errors.Is(err, pod.ErrSelector) || s != nil {
				t.Fatalf("selector %v, error %v", s, err)
			}
			return
		}
		again, err := Selector(s.String())
		if err != nil || s.Empty() {
			t.Fatalf("%q became %q: %v", text, s, err)
		}
		for _, set := range []labels.Set{{}, {"app": "api"}, {"a": "b"}, {"a": "2", "x": ""}} {
			if s.Matches(set) != again.Matches(set) {
				t.Fatalf("%q and %q differ on %v", text, s, set)
			}
		}
	})
}

func TestTrouble(t *testing.T) {
	status := func(state core.ContainerState) core.Pod {
		p := aPod("api-1", "u1", "1")
		p.Status.ContainerStatuses = []core.ContainerStatus{{Name: "api", State: state}}
		return p
	}
	unscheduled := aPod("api-1", "u1", "1")
	unscheduled.Status.Conditions = []core.PodCondition{{Type: core.PodScheduled, Status: core.ConditionFalse, Message: "0/3 nodes are available"}}
	failed := aPod("api-1", "u1", "1")
	failed.Status.Phase, failed.Status.Reason, failed.Status.Message = core.PodFailed, "Evicted", "low on memory"
	ready := status(core.ContainerState{Running: &core.ContainerStateRunning{}})
	ready.Status.Conditions = []core.PodCondition{{Type: core.PodReady, Status: core.ConditionTrue}}
	for _, tc := range []struct {
		name string
		pod  core.Pod
		want string
	}{
		{"unscheduled", unscheduled, "not scheduled: 0/3 nodes are available"},
		{"failed", failed, "failed: Evicted low on memory"},
		{"crash loop", status(core.ContainerState{Waiting: &core.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: "back-off 10s"}}), "container api: CrashLoopBackOff: back-off 10s"},
		{"creating", status(core.ContainerState{Waiting: &core.ContainerStateWaiting{Reason: "ContainerCreating"}}), "container api: ContainerCreating"},
		{"ended", status(core.ContainerState{Terminated: &core.ContainerStateTerminated{Reason: "OOMKilled", ExitCode: 137}}), "container api: OOMKilled, exit code 137"},
		{"unready", status(core.ContainerState{Running: &core.ContainerStateRunning{}}), "container api: it runs, but is not ready"},
		{"ready", ready, ""},
		{"nothing known", aPod("api-1", "u1", "1"), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := trouble(&tc.pod); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// TestSurveyAsksForAnOwnerAgain: what could not be read once is not known, and is
// not remembered.
func TestSurveyAsksForAnOwnerAgain(t *testing.T) {
	routes := shop()
	routes[appsPath+"replicasets"] = refuses(403, metav1.StatusReasonForbidden)
	routes[appsPath+"replicasets/api-1"] = firstThen(refuses(503, metav1.StatusReasonServiceUnavailable), answers(map[string]any{
		"kind": "ReplicaSet", "apiVersion": "apps/v1",
		"metadata": meta("api-1", "replicaset-api-1", "1", controller("Deployment", "api")),
	}))
	c, _ := newAPI(t, routes)
	for i, want := range []string{"no owner", "Deployment/api"} {
		s, err := c.Survey(t.Context(), "shop", "app in (api)")
		if err != nil {
			t.Fatal(err)
		}
		if p := s.Pods[0]; p.Owner.String() != want || (p.OwnerUnread == "") != (i == 1) {
			t.Errorf("survey %d: %+v", i, p)
		}
	}
}
