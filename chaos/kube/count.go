package kube

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CountPods counts the pods of the cluster with one small list: the server says how many
// more there are.
func (c *Cluster) CountPods(ctx context.Context) (int, error) {
	list, err := c.core.Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil {
		return 0, translate("count the pods of the cluster", err)
	}
	n := len(list.Items)
	if list.RemainingItemCount != nil {
		n += int(*list.RemainingItemCount)
	}
	return n, nil
}
