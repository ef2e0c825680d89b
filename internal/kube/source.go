package kube

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
)

// callTimeout bounds one request that is no watch.
const callTimeout = 30 * time.Second

// Brief bounds a request that is no watch.
func Brief(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, callTimeout)
}

// Source lists and watches objects of one kind, as the typed clients of client-go
// do.
type Source struct {
	List  func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error)
	Watch func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error)
}

// Resource says which objects are meant. Namespace, Labels and Fields may be
// empty, and take everything then.
type Resource struct {
	Client                            rest.Interface
	Plural, Namespace, Labels, Fields string
	// NewList makes an empty list of the kind.
	NewList func() runtime.Object
}

// Source lists and watches the resource.
func (c *Client) Source(r Resource) Source {
	request := func(o metav1.ListOptions) *rest.Request {
		o.LabelSelector, o.FieldSelector = r.Labels, r.Fields
		return r.Client.Get().NamespaceIfScoped(r.Namespace, r.Namespace != "").Resource(r.Plural).VersionedParams(&o, c.Params)
	}
	return Source{
		List: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			list := r.NewList()
			return list, request(o).Do(ctx).Into(list)
		},
		Watch: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.Watch = true
			return request(o).Watch(ctx)
		},
	}
}
