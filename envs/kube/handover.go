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

	"github.com/shakedown-dev/shakedown/events"
)

// hasCreated says whether fields are still ours by create, and not by apply.
func hasCreated(managers []metav1.ManagedFieldsEntry) bool {
	return slices.ContainsFunc(managers, func(m metav1.ManagedFieldsEntry) bool {
		return m.Manager == events.Manager && m.Operation == metav1.ManagedFieldsOperationUpdate && m.Subresource == ""
	})
}

// handOver makes server-side apply the manager of the fields that create has set.
// The patch holds for one version of the object; when that has changed, the newest
// is read.
func (w write) handOver(ctx context.Context, got object) (object, error) {
	for range tries {
		patch, err := csaupgrade.UpgradeManagedFieldsPatch(&got, sets.New(events.Manager), events.Manager)
		if err != nil {
			return object{}, fmt.Errorf("read who manages the fields of %s: %w", w.ref, err)
		}
		patched, err := w.patch(ctx, types.JSONPatchType, patch)
		if err == nil || !apierrors.IsConflict(err) {
			return patched, err
		}
		if got, err = w.again(ctx, string(got.UID)); err != nil {
			return object{}, err
		}
	}
	return object{}, w.restless()
}
