package kube

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

// handOvers is how often an object may change between the reading of its managers
// and the handing over.
const handOvers = 10

// hasCreated says whether fields are still ours by create, and not by apply.
func hasCreated(managers []metav1.ManagedFieldsEntry) bool {
	return slices.ContainsFunc(managers, func(m metav1.ManagedFieldsEntry) bool {
		return m.Manager == events.Manager && m.Operation == metav1.ManagedFieldsOperationUpdate && m.Subresource == ""
	})
}

// handOver makes server-side apply the manager of the fields that create has set.
// The patch holds for one version of the object; when that has changed, the newest
// is read.
func (c *Cluster) handOver(ctx context.Context, at resource, o envs.Object, got object) error {
	for range handOvers {
		patch, err := csaupgrade.UpgradeManagedFieldsPatch(&got, sets.New(events.Manager), events.Manager)
		if err != nil {
			return fmt.Errorf("read who manages the fields of %s: %w", o.Ref, err)
		}
		if _, err = c.patch(ctx, at, o, types.JSONPatchType, patch); err == nil {
			return nil
		}
		if !apierrors.IsConflict(err) {
			return err
		}
		uid := got.UID
		if got, err = c.get(ctx, at, o); err != nil {
			return err
		}
		if got.UID != uid {
			return events.Errorf(events.KindUnavailable, "", "%s was made anew meanwhile", nameOf(o.Ref, o.Namespace))
		}
	}
	return events.Errorf(events.KindUnavailable, "", "%s changes all the time", nameOf(o.Ref, o.Namespace))
}
