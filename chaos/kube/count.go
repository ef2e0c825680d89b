package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CountPods counts the pods that run, in lists of their names alone: those that have ended
// are many in some clusters, and nothing can happen to them.
func (c *Cluster) CountPods(ctx context.Context, enough int) (int, error) {
	const what = "count the pods of the cluster"
	for n, next := 0, ""; ; {
		raw, err := c.core.RESTClient().Get().Resource("pods").Param("fieldSelector", "status.phase=Running").
			Param("limit", strconv.Itoa(enough)).Param("continue", next).
			SetHeader("Accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1").Do(ctx).Raw()
		if err != nil {
			return 0, translate(what, err)
		}
		var list metav1.PartialObjectMetadataList
		if err := json.Unmarshal(raw, &list); err != nil {
			return 0, fmt.Errorf("%s: %w", what, err)
		}
		if n, next = n+len(list.Items), list.Continue; next == "" || n >= enough {
			return n, nil
		}
	}
}
