package pod

import (
	"fmt"
	"strings"
)

// rolling says why the rollout of an owner is not complete, and what helps; "" when it
// is. It decides as kubectl rollout status does, which knows no complete rollout of what
// is updated on deletion.
//
// Source: https://github.com/kubernetes/kubectl/blob/v0.36.0/pkg/polymorphichelpers/rollout_status.go
func (o Owner) rolling(namespace string) (why, advice string) {
	wait := "wait: kubectl rollout status " + strings.ToLower(o.String()) + " -n " + namespace
	switch {
	case o.Observed < o.Generation || o.Replicas != o.Desired:
		return "a rollout is going on: " + o.rollout(), wait
	case o.complete():
		return "", ""
	case o.OnDelete:
		return fmt.Sprintf("%s updates a pod when it is deleted, and %d of %d are of the former version: a fault would update them, too", o.Ref, o.Desired-o.Updated, o.Desired),
			"delete the pods of the former version first, or set the update strategy RollingUpdate"
	}
	return "a rollout is going on: " + o.rollout(), wait
}

// complete says whether as many replicas are updated as are to be.
func (o Owner) complete() bool {
	if o.Partition > 0 {
		return o.Updated >= o.Desired-o.Partition
	}
	return o.Updated == o.Desired
}

// rollout is the state of the rollout for people.
func (o Owner) rollout() string {
	text := fmt.Sprintf("%s: generation %d (seen %d), %d wanted, %d updated, %d in all", o.Ref, o.Generation, o.Observed, o.Desired, o.Updated, o.Replicas)
	if o.Partition > 0 {
		text += fmt.Sprintf(", %d kept by its partition", min(o.Partition, o.Desired))
	}
	return text
}
