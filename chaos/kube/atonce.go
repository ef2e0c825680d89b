package kube

import (
	apps "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// share is so many of all, as the controllers of Kubernetes count; all of them when that
// cannot be read.
func share(n *intstr.IntOrString, fallback string, all int, up bool) int {
	given := intstr.Parse(fallback)
	if n != nil {
		given = *n
	}
	part, err := intstr.GetScaledValueFromIntOrPercent(&given, all, up)
	if err != nil {
		return all
	}
	return part
}

// deploymentAtOnce is how many replicas of a Deployment its rollout may take away at once. One
// may be when neither field leaves room for anything.
//
// Source: https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/controller/deployment/util/deployment_util.go
func deploymentAtOnce(r *apps.RollingUpdateDeployment, replicas int) int {
	if r == nil {
		r = &apps.RollingUpdateDeployment{}
	}
	gone, more := share(r.MaxUnavailable, "25%", replicas, false), share(r.MaxSurge, "25%", replicas, true)
	if gone == 0 && more == 0 {
		return 1
	}
	return gone
}

// statefulSetAtOnce is the same of a StatefulSet, which takes one away in any case.
//
// Source: https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/controller/statefulset/stateful_set_utils.go
func statefulSetAtOnce(r *apps.RollingUpdateStatefulSetStrategy, replicas int) int {
	if r == nil {
		return 1
	}
	return max(1, share(r.MaxUnavailable, "1", replicas, false))
}

// daemonSetAtOnce is the same of a DaemonSet, which has one pod a node.
//
// Source: https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/controller/daemon/util/daemonset_util.go
func daemonSetAtOnce(r *apps.RollingUpdateDaemonSet, nodes int) int {
	if r == nil {
		return 1
	}
	return share(r.MaxUnavailable, "1", nodes, true)
}
