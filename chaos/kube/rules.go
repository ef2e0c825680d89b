package kube

import (
	"context"
	"errors"
	"strings"

	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/kubernetes"
	appsv1 "k8s.io/client-go/kubernetes/typed/apps/v1"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/kubectl/pkg/drain"

	"github.com/shakedown-dev/shakedown/chaos"
	"github.com/shakedown-dev/shakedown/chaos/node"
	"github.com/shakedown-dev/shakedown/chaos/pod"
)

// PodsOn reads the pods of a node, with what kubectl drain would do with each.
func (c *Cluster) PodsOn(ctx context.Context, name string, r node.Rules) ([]node.Pod, error) {
	list, err := c.podsOf(ctx, name)
	if err != nil {
		return nil, err
	}
	pods := make([]node.Pod, 0, len(list.Items))
	for i := range list.Items {
		pods = append(pods, c.ruled(ctx, &list.Items[i], r))
	}
	return pods, nil
}

func (c *Cluster) podsOf(ctx context.Context, name string) (*core.PodList, error) {
	on := fields.OneTermEqualSelector("spec.nodeName", name).String()
	list, err := c.core.Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{FieldSelector: on})
	if err != nil {
		return nil, translate("list pods of node "+name, err)
	}
	return list, nil
}

// ruled is the pod with what the rules of kubectl drain say about it.
func (c *Cluster) ruled(ctx context.Context, p *core.Pod, r node.Rules) node.Pod {
	seen := node.Pod{
		Pod:      podOf(p, pod.Ref{}),
		Finished: p.Status.Phase == core.PodSucceeded || p.Status.Phase == core.PodFailed,
	}
	_, seen.Static = p.Annotations[core.MirrorPodAnnotationKey]
	if owner := metav1.GetControllerOf(p); owner != nil {
		seen.Daemon = owner.Kind == "DaemonSet"
	}
	rules := c.drainer(ctx, r)
	rules.Client = onePod{cluster: c, pod: p}
	list, errs := rules.GetPodsForDeletion(p.Spec.NodeName)
	switch {
	case len(errs) > 0:
		seen.Action, seen.Why = node.Refuse, inOurWords(errors.Join(errs...).Error(), p)
	case len(list.Pods()) > 0:
		seen.Action, seen.Why = node.Evict, inOurWords(list.Warnings(), p)
	case seen.Static:
		seen.Action, seen.Why = node.Skip, "a static pod, which the kubelet keeps by itself"
	default:
		seen.Action, seen.Why = node.Skip, inOurWords(list.Warnings(), p)
	}
	if why := r.Leaves(seen); why != "" && seen.Action != node.Skip {
		seen.Action, seen.Why = node.Skip, why
	}
	return seen
}

// drainer is kubectl's, with the rules.
func (*Cluster) drainer(ctx context.Context, r node.Rules) drain.Helper {
	return drain.Helper{
		Ctx: ctx, Force: r.Force, DeleteEmptyDirData: r.DeleteEmptyDirData, IgnoreAllDaemonSets: true, GracePeriodSeconds: -1,
	}
}

// inOurWords is what kubectl says about the pod, with our parameters for its flags.
func inOurWords(text string, p *core.Pod) string {
	return strings.NewReplacer(
		": "+p.Namespace+"/"+p.Name, "", "cannot delete ", "", "--delete-emptydir-data", "params.deleteEmptyDirData", "--force", "params.force",
		"Pods that declare no controller", "no controller would replace it", "deleting ", "", "ignoring DaemonSet-managed Pods", "of a DaemonSet",
		"Pods with local storage", "it has an emptyDir",
	).Replace(text)
}

// onePod is the API as far as kubectl's rules look at a pod that is read already.
type onePod struct {
	kubernetes.Interface
	cluster *Cluster
	pod     *core.Pod
}

func (o onePod) CoreV1() corev1.CoreV1Interface { return onePodCore{pod: o.pod} }
func (o onePod) AppsV1() appsv1.AppsV1Interface { return o.cluster.apps }

type onePodCore struct {
	corev1.CoreV1Interface
	pod *core.Pod
}

func (o onePodCore) Pods(string) corev1.PodInterface { return onePodList{pod: o.pod} }

type onePodList struct {
	corev1.PodInterface
	pod *core.Pod
}

func (o onePodList) List(context.Context, metav1.ListOptions) (*core.PodList, error) {
	return &core.PodList{Items: []core.Pod{*o.pod}}, nil
}

func isGone(err error) bool { return errors.Is(err, chaos.ErrGone) }
