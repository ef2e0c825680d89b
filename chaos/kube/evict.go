package kube

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	policy "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/chaos/pod"
	"github.com/shakedown-dev/shakedown/events"
)

// evictTries is how often a pod may change between reading and evicting it. It is
// small: a budget may be charged for an eviction that fails at the pod's version.
const evictTries = 3

// Evict asks the API server to evict the pod of that UID, at the version that was
// read just before. A refusal by a disruption budget is an answer: it is not asked
// again.
func (c *Cluster) Evict(ctx context.Context, v events.Victim, grace *time.Duration) error {
	return c.remove(ctx, v, evictTries, grace, func(o metav1.DeleteOptions) error {
		err := c.core.RESTClient().Post().Namespace(v.Namespace).Resource("pods").Name(v.Name).SubResource("eviction").
			MaxRetries(0).
			Body(&policy.Eviction{
				TypeMeta:      metav1.TypeMeta{APIVersion: "policy/v1", Kind: "Eviction"},
				ObjectMeta:    metav1.ObjectMeta{Namespace: v.Namespace, Name: v.Name},
				DeleteOptions: &o,
			}).Do(ctx).Error()
		if why, denied := byBudget(err); denied {
			return fmt.Errorf("%w: %s", pod.ErrBudget, why)
		}
		return err
	})
}

// byBudget says whether a disruption budget denies the eviction, and what the API
// server says about that. A server that is busy answers with the same code.
func byBudget(err error) (why string, denied bool) {
	var status apierrors.APIStatus
	if !apierrors.IsTooManyRequests(err) || !errors.As(err, &status) {
		return "", false
	}
	parts := []string{status.Status().Message}
	if details := status.Status().Details; details != nil {
		for _, cause := range details.Causes {
			if cause.Type == policy.DisruptionBudgetCause {
				denied, parts = true, append(parts, cause.Message)
			}
		}
	}
	return strings.Join(parts, " "), denied
}
