package kube

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// Survey reads the namespace.
func (c *Cluster) Survey(ctx context.Context, namespace, selector string) (pod.Survey, error) {
	chosen, err := Selector(selector)
	if err != nil {
		return pod.Survey{}, err
	}
	s := pod.Survey{
		Namespace: pod.Namespace{Name: namespace}, At: c.now(),
		Owners: make(map[string]pod.Owner), Gaps: make(map[pod.Part]string),
	}
	if err := c.surveyNamespace(ctx, &s); err != nil {
		return pod.Survey{}, err
	}
	pods, err := c.core.Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return pod.Survey{}, translate("list pods of namespace "+namespace, err)
	}
	s.Revision = pods.ResourceVersion
	if err := c.surveyOwners(ctx, &s); err != nil {
		s.Gaps[pod.PartOwners] = err.Error()
	}
	for i := range pods.Items {
		p := c.surveyPod(ctx, &pods.Items[i], chosen)
		s.Pods = append(s.Pods, p)
		noteOther(&s, p.Owner)
	}
	if err := c.surveyBudgets(ctx, &s, pods.Items); err != nil {
		s.Gaps[pod.PartBudgets] = err.Error()
	}
	return s, nil
}

// Selector parses a label selector as kubectl does. One that would take every
// pod is an error. Errors: pod.ErrSelector.
func Selector(text string) (labels.Selector, error) {
	selector, err := labels.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%w %q: %w", pod.ErrSelector, text, err)
	}
	if selector.Empty() {
		return nil, fmt.Errorf("%w %q: it takes every pod", pod.ErrSelector, text)
	}
	return selector, nil
}

// translate gives an error of the API the name that chaos knows it by.
func translate(what string, err error) error {
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("%s: %w", what, chaos.ErrGone)
	case kube.IsRefused(err):
		return fmt.Errorf("%s: %w: %w", what, chaos.ErrForbidden, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

func (c *Cluster) surveyNamespace(ctx context.Context, s *pod.Survey) error {
	ns, err := c.core.Namespaces().Get(ctx, s.Namespace.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("get namespace %s: %w", s.Namespace.Name, chaos.ErrGone)
	case err != nil:
		s.Gaps[pod.PartNamespace] = err.Error()
	default:
		s.Namespace.Labels, s.Namespace.Terminating = ns.Labels, ns.DeletionTimestamp != nil
	}
	return nil
}

// surveyOwners reads every kind of owner that we know, and notes what is above
// each ReplicaSet.
func (c *Cluster) surveyOwners(ctx context.Context, s *pod.Survey) error {
	namespace, all := s.Namespace.Name, metav1.ListOptions{}
	sets, err1 := c.apps.ReplicaSets(namespace).List(ctx, all)
	deployments, err2 := c.apps.Deployments(namespace).List(ctx, all)
	stateful, err3 := c.apps.StatefulSets(namespace).List(ctx, all)
	daemons, err4 := c.apps.DaemonSets(namespace).List(ctx, all)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	for i := range sets.Items {
		c.noteReplicaSet(s, &sets.Items[i])
	}
	for i := range deployments.Items {
		note(s, deploymentOwner(&deployments.Items[i]))
	}
	for i := range stateful.Items {
		note(s, statefulSetOwner(&stateful.Items[i]))
	}
	for i := range daemons.Items {
		note(s, daemonSetOwner(&daemons.Items[i]))
	}
	return nil
}

func note(s *pod.Survey, o pod.Owner) { s.Owners[o.UID] = o }

// noteOther notes an owner whose kind is none of those that are read.
func noteOther(s *pod.Survey, ref pod.Ref) {
	known := []string{"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"}
	if ref.UID != "" && !slices.Contains(known, ref.Kind) {
		note(s, unknownOwner(ref))
	}
}

// noteReplicaSet makes a ReplicaSet that stands alone an owner. Above the others
// there is one; if it is not of a kind that we know, it says so.
func (c *Cluster) noteReplicaSet(s *pod.Survey, set *apps.ReplicaSet) {
	above := metav1.GetControllerOf(set)
	if above == nil {
		o := replicaSetOwner(set)
		c.remember(o.UID, o.Ref)
		note(s, o)
		return
	}
	ref := refTo(above)
	c.remember(string(set.UID), ref)
	if ref.Kind != "Deployment" {
		note(s, unknownOwner(ref))
	}
}

func (c *Cluster) surveyPod(ctx context.Context, p *core.Pod, chosen labels.Selector) pod.Pod {
	owner, err := c.top(ctx, p)
	seen := podOf(p, owner)
	if err != nil {
		seen.OwnerUnread = err.Error()
	}
	seen.Selected = chosen != nil && chosen.Matches(labels.Set(p.Labels))
	return seen
}

func (c *Cluster) surveyBudgets(ctx context.Context, s *pod.Survey, pods []core.Pod) error {
	list, err := c.policy.PodDisruptionBudgets(s.Namespace.Name).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range list.Items {
		b, err := budgetOf(&list.Items[i], pods)
		if err != nil {
			return err
		}
		s.Budgets = append(s.Budgets, b)
	}
	return nil
}

func budgetOf(b *policy.PodDisruptionBudget, pods []core.Pod) (pod.Budget, error) {
	selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
	if err != nil {
		return pod.Budget{}, fmt.Errorf("selector of PodDisruptionBudget %s: %w", b.Name, err)
	}
	budget := pod.Budget{
		Name: b.Name, Allowed: int(b.Status.DisruptionsAllowed), Fresh: b.Status.ObservedGeneration >= b.Generation,
	}
	for i := range pods {
		if selector.Matches(labels.Set(pods[i].Labels)) {
			budget.Covers = append(budget.Covers, string(pods[i].UID))
		}
	}
	return budget, nil
}
