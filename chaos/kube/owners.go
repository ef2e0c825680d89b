package kube

import (
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

func owner(kind string, o metav1.ObjectMeta, observed int64) pod.Owner {
	found := pod.Owner{
		Ref:   pod.Ref{Kind: kind, Name: o.Name, UID: string(o.UID)},
		Known: true, Generation: o.Generation, Observed: observed, Held: o.Annotations[events.AnnotationOutage],
	}
	if above := metav1.GetControllerOf(&o); above != nil {
		found.Above = refTo(above)
	}
	return found
}

func unknownOwner(ref pod.Ref) pod.Owner {
	return pod.Owner{Ref: ref, Why: "a " + ref.Kind + " is not a kind whose rollouts we know"}
}

// wantedReplicas is 1 when the field is not set, as the API has it.
func wantedReplicas(n *int32) int {
	if n == nil {
		return 1
	}
	return int(*n)
}

func deploymentOwner(d *apps.Deployment) pod.Owner {
	o := owner("Deployment", d.ObjectMeta, d.Status.ObservedGeneration)
	o.Desired, o.Replicas = wantedReplicas(d.Spec.Replicas), int(d.Status.Replicas)
	o.Updated, o.Ready = int(d.Status.UpdatedReplicas), int(d.Status.ReadyReplicas)
	o.Available, o.Restart = int(d.Status.AvailableReplicas), d.Spec.Template.Annotations[events.AnnotationRestart]
	o.AtOnce = deploymentAtOnce(d.Spec.Strategy.RollingUpdate, o.Desired)
	o.Recreate, o.Paused = d.Spec.Strategy.Type == apps.RecreateDeploymentStrategyType, d.Spec.Paused
	for _, c := range d.Status.Conditions {
		if c.Type == apps.DeploymentProgressing && c.Status == core.ConditionFalse && c.Reason == "ProgressDeadlineExceeded" {
			o.Stalled = c.Message
		}
	}
	return o
}

// replicaSetOwner is a ReplicaSet without a Deployment: it never rolls out, so
// all its pods count as updated.
func replicaSetOwner(r *apps.ReplicaSet) pod.Owner {
	o := owner("ReplicaSet", r.ObjectMeta, r.Status.ObservedGeneration)
	o.Desired, o.Replicas = wantedReplicas(r.Spec.Replicas), int(r.Status.Replicas)
	o.Updated, o.Ready = o.Replicas, int(r.Status.ReadyReplicas)
	return o
}

func statefulSetOwner(s *apps.StatefulSet) pod.Owner {
	o := owner("StatefulSet", s.ObjectMeta, s.Status.ObservedGeneration)
	o.Desired, o.Replicas = wantedReplicas(s.Spec.Replicas), int(s.Status.Replicas)
	o.Updated, o.Ready = int(s.Status.UpdatedReplicas), int(s.Status.ReadyReplicas)
	o.Available, o.Restart = int(s.Status.AvailableReplicas), s.Spec.Template.Annotations[events.AnnotationRestart]
	o.OnDelete = s.Spec.UpdateStrategy.Type == apps.OnDeleteStatefulSetStrategyType
	o.AtOnce = statefulSetAtOnce(s.Spec.UpdateStrategy.RollingUpdate, o.Desired)
	if rolling := s.Spec.UpdateStrategy.RollingUpdate; rolling != nil && rolling.Partition != nil && !o.OnDelete {
		o.Partition = int(*rolling.Partition)
	}
	return o
}

func daemonSetOwner(d *apps.DaemonSet) pod.Owner {
	o := owner("DaemonSet", d.ObjectMeta, d.Status.ObservedGeneration)
	o.Desired, o.Replicas = int(d.Status.DesiredNumberScheduled), int(d.Status.CurrentNumberScheduled)
	o.Updated, o.Ready = int(d.Status.UpdatedNumberScheduled), int(d.Status.NumberReady)
	o.Available, o.Restart = int(d.Status.NumberAvailable), d.Spec.Template.Annotations[events.AnnotationRestart]
	o.OnDelete = d.Spec.UpdateStrategy.Type == apps.OnDeleteDaemonSetStrategyType
	o.AtOnce = daemonSetAtOnce(d.Spec.UpdateStrategy.RollingUpdate, o.Desired)
	return o
}
