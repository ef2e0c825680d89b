package kube

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/kube"
)

// kind is a kind of objects that live in namespaces.
type kind struct{ path, group, plural, name string }

// String is "deployments.apps", as kubectl takes it.
func (k kind) String() string {
	if k.group == "" {
		return k.plural
	}
	return k.plural + "." + k.group
}

// kinds asks the API server for the kinds of objects that a namespace can hold, and
// that it takes along when it is deleted. The groups that it cannot speak for are
// returned, too.
func (c *Cluster) kinds(ctx context.Context) (kinds []kind, unlisted []string, err error) {
	var groups metav1.APIGroupList
	if err := readJSON(ctx, c.api.Plain.Get().AbsPath("/apis"), &groups); err != nil {
		return nil, nil, c.explain(err, "list", "groups of the API")
	}
	paths := []string{"/api/v1"}
	for _, g := range groups.Groups {
		for _, v := range g.Versions {
			paths = append(paths, "/apis/"+v.GroupVersion)
		}
	}
	lists, errs := make([]metav1.APIResourceList, len(paths)), make([]error, len(paths))
	events.Parallel(len(paths), parallel, func(i int) { errs[i] = readJSON(ctx, c.api.Plain.Get().AbsPath(paths[i]), &lists[i]) })
	for i, path := range paths {
		why, err := c.unlisted(errs[i], "all of "+strings.TrimPrefix(path, "/apis/"))
		if err != nil {
			return nil, nil, err
		}
		unlisted = append(unlisted, why...)
		kinds = addKinds(kinds, path, lists[i].APIResources)
	}
	return kinds, unlisted, nil
}

// addKinds adds the kinds of a group, once: the versions of a group come in the order
// of preference.
func addKinds(kinds []kind, path string, resources []metav1.APIResource) []kind {
	group := ""
	if named, ok := strings.CutPrefix(path, "/apis/"); ok {
		group, _, _ = strings.Cut(named, "/")
	}
	for _, r := range resources {
		k := kind{path: path, group: group, plural: r.Name, name: r.Kind}
		known := slices.ContainsFunc(kinds, func(other kind) bool { return other.String() == k.String() })
		if r.Namespaced && !known && !k.isTransient() && slices.Contains(r.Verbs, "list") && slices.Contains(r.Verbs, "delete") {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// isTransient says whether objects of the kind come and go without anybody's doing.
func (k kind) isTransient() bool {
	return slices.Contains([]string{
		"events", "events.events.k8s.io", "endpoints", "endpointslices.discovery.k8s.io", "leases.coordination.k8s.io",
	}, k.String())
}

// readJSON makes a request that is answered with JSON.
func readJSON(ctx context.Context, request *rest.Request, into any) error {
	ctx, cancel := kube.Brief(ctx)
	defer cancel()
	result := request.Do(ctx)
	if err := result.Error(); err != nil { // Raw would leave out what the API server says
		return err
	}
	raw, err := result.Raw()
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}
