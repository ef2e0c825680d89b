package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

// tries is how often an object may change between its reading and our change of it.
const tries = 10

// write is the change of one object.
type write struct {
	*Cluster
	at        resource
	ref       envs.Ref
	namespace string
	check     envs.Check
}

// version is one version of one object.
type version struct{ uid, resource string }

func versionOf(o object) version { return version{string(o.UID), o.ResourceVersion} }

// bind makes the manifest one of that version: the API server refuses it for any
// other.
func (v version) bind(manifest []byte) ([]byte, error) {
	var m map[string]any
	if err := json.Unmarshal(manifest, &m); err != nil {
		return nil, err
	}
	meta, ok := m["metadata"].(map[string]any)
	if !ok {
		return nil, errors.New("it has no metadata")
	}
	meta["uid"], meta["resourceVersion"] = v.uid, v.resource
	return json.Marshal(m)
}

// try makes a change that holds for one version. When the object has another one by
// then, the change is made to that, if check lets it pass.
func (w write) try(ctx context.Context, v version, change func(version) (object, error)) (object, error) {
	for range tries {
		got, err := change(v)
		if !apierrors.IsConflict(err) {
			return got, err
		}
		if got, err = w.again(ctx, v.uid); err != nil {
			return object{}, err
		}
		v = versionOf(got)
	}
	return object{}, w.restless()
}

func (w write) restless() error {
	return events.Errorf(events.KindUnavailable, "", "%s changes all the time", nameOf(w.ref, w.namespace))
}

// again reads the object as it is now, and asks whether it may be changed still. With
// a uid it must be the same object.
func (w write) again(ctx context.Context, uid string) (object, error) {
	got, err := w.do(ctx, w.getting(), "get")
	if err != nil {
		return object{}, err
	}
	return got, w.permit(got, uid)
}

// permit asks whether the object as it is now may be changed. With a uid it must be that
// object.
func (w write) permit(now object, uid string) error {
	if err := w.check(live(w.ref.Kind, &now.ObjectMeta)); err != nil {
		return err
	}
	if uid != "" && uid != string(now.UID) {
		return events.Errorf(events.KindUnavailable, "", "%s was made anew meanwhile", nameOf(w.ref, w.namespace))
	}
	return nil
}

func (w write) getting() *rest.Request {
	return w.at.client.Get().NamespaceIfScoped(w.namespace, w.namespace != "").Resource(w.at.plural).Name(w.ref.Name)
}

// send makes one change, unless the right to make it was lost meanwhile.
func (w write) send(ctx context.Context, request *rest.Request, verb string) (object, error) {
	if err := events.CheckFence(ctx); err != nil {
		return object{}, err
	}
	return w.do(ctx, request, verb)
}

// do makes a request that is answered with the object.
func (w write) do(ctx context.Context, request *rest.Request, verb string) (object, error) {
	raw, err := w.raw(ctx, request, verb)
	if err != nil {
		return object{}, err
	}
	return w.read(raw)
}

// raw makes a request that is answered with JSON.
func (w write) raw(ctx context.Context, request *rest.Request, verb string) ([]byte, error) {
	result := request.SetHeader("Accept", runtime.ContentTypeJSON).Do(ctx)
	if err := result.Error(); err != nil { // Raw would leave out what the API server says
		return nil, w.explain(err, verb, nameOf(w.ref, w.namespace))
	}
	raw, err := result.Raw()
	if err != nil {
		return nil, w.explain(err, verb, nameOf(w.ref, w.namespace))
	}
	return raw, nil
}

func (w write) read(raw []byte) (object, error) {
	var got object
	if err := json.Unmarshal(raw, &got); err != nil {
		return object{}, fmt.Errorf("read %s as it is now: %w", w.ref, err)
	}
	return got, nil
}
