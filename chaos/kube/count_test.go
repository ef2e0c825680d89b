package kube

import (
	"net/http"
	"strconv"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestCountPods counts what runs, page by page, and no more than is needed.
func TestCountPods(t *testing.T) {
	for _, tc := range []struct{ enough, want, lists int }{{4, 4, 1}, {5, 8, 2}, {100, 10, 3}} {
		t.Run(strconv.Itoa(tc.enough), func(t *testing.T) {
			pages := map[string]struct {
				pods int
				next string
			}{"": {4, "a"}, "a": {4, "b"}, "b": {2, ""}}
			c, a := newAPI(t, map[string]http.HandlerFunc{"GET /api/v1/pods": func(w http.ResponseWriter, r *http.Request) {
				q := r.URL.Query()
				if q.Get("fieldSelector") != "status.phase=Running" || q.Get("limit") != strconv.Itoa(tc.enough) {
					t.Errorf("asked for %v", q)
				}
				page := pages[q.Get("continue")]
				write(w, metav1.PartialObjectMetadataList{
					TypeMeta: metav1.TypeMeta{Kind: "PartialObjectMetadataList", APIVersion: "meta.k8s.io/v1"},
					ListMeta: metav1.ListMeta{Continue: page.next}, Items: make([]metav1.PartialObjectMetadata, page.pods),
				})
			}})
			n, err := c.CountPods(t.Context(), tc.enough)
			if err != nil || n != tc.want || a.count("GET /api/v1/pods") != tc.lists {
				t.Errorf("%d pods in %d lists, error %v; want %d in %d", n, a.count("GET /api/v1/pods"), err, tc.want, tc.lists)
			}
		})
	}
}
