package kube

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

// requests records what is asked of an API server: method, kind of body, path.
type requests struct {
	mu  sync.Mutex
	all []string
}

func (q *requests) note(r *http.Request) (nth int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	kind := strings.TrimPrefix(r.Header.Get("Content-Type"), "application/")
	q.all = append(q.all, strings.TrimSpace(r.Method+" "+kind)+" "+r.URL.RequestURI())
	return len(q.all)
}

func service() envs.Object {
	return envs.Object{
		Ref: envs.Ref{Kind: "Service", Name: "api"}, Namespace: "shop",
		Manifest: []byte(`{"apiVersion":"v1","kind":"Service","metadata":{"name":"api"}}`),
	}
}

func managed(operation metav1.ManagedFieldsOperationType, version string) object {
	return object{
		TypeMeta: metav1.TypeMeta{Kind: "Service", APIVersion: "v1"},
		ObjectMeta: metav1.ObjectMeta{Name: "api", Namespace: "shop", UID: "1", ResourceVersion: version, ManagedFields: []metav1.ManagedFieldsEntry{{
			Manager: events.Manager, Operation: operation, APIVersion: "v1", FieldsType: "FieldsV1",
			FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:labels":{"f:a":{}}}}`),
		}}},
	}
}

// old is the version 1 of the service, as it was read.
func old() envs.Live {
	return envs.Live{Ref: service().Ref, Namespace: "shop", UID: "1", ResourceVersion: "1"}
}

const (
	services = "/api/v1/namespaces/shop/services"
	posted   = "POST json " + services + "?fieldManager=shakedown"
	applied  = "PATCH apply-patch+yaml " + services + "/api?fieldManager=shakedown&force=true"
	read     = "GET " + services + "/api"
	deleted  = "DELETE vnd.kubernetes.protobuf " + services + "/api"
	patched  = "PATCH merge-patch+json " + services + "/api?fieldManager=shakedown"
	handed   = "PATCH json-patch+json " + services + "/api?fieldManager=shakedown"
)

// anything lets every change pass; theirs refuses all.
func anything(envs.Live) error { return nil }

func theirs(l envs.Live) error {
	return events.Errorf(events.KindRefused, "", "%s with UID %s and version %s is theirs", l.Ref, l.UID, l.ResourceVersion)
}

// TestCreateIsAPost: what is made becomes server-side apply's at once, so that the
// same create, made again, changes nothing.
func TestCreateIsAPost(t *testing.T) {
	t.Parallel()
	var q requests
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch q.note(r) {
		case 1:
			answer(w, http.StatusCreated, managed(metav1.ManagedFieldsOperationUpdate, "1"))
		case 2:
			answer(w, http.StatusOK, managed(metav1.ManagedFieldsOperationApply, "2"))
		case 3:
			answer(w, http.StatusOK, managed(metav1.ManagedFieldsOperationApply, "3"))
		case 4:
			refusal(apierrors.NewAlreadyExists(schema.GroupResource{Resource: "services"}, "api"))(w, r)
		default:
			answer(w, http.StatusOK, managed(metav1.ManagedFieldsOperationApply, "4"))
		}
	})
	got, err := c.Apply(t.Context(), service(), envs.Live{}, theirs)
	if err != nil || got.UID != "1" || got.Ref != service().Ref || got.ResourceVersion != "3" {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err = c.Apply(t.Context(), service(), envs.Live{}, theirs)
	if e, ok := errors.AsType[*events.Error](err); !ok || e.Kind != events.KindRefused || e.Message != "service/api with UID 1 and version 4 is theirs" {
		t.Errorf("error %v, want that of the check", err)
	}
	if diff := cmp.Diff([]string{posted, handed, applied, posted, read}, q.all); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestUpdateTakesOverWhatCreateHasSet: the object changes once between the reading
// of its managers and the handing over.
func TestUpdateTakesOverWhatCreateHasSet(t *testing.T) {
	t.Parallel()
	var q requests
	var patches []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(err)
		}
		switch q.note(r) {
		case 1:
			answer(w, http.StatusOK, managed(metav1.ManagedFieldsOperationUpdate, "1"))
		case 2:
			patches = append(patches, string(body))
			refusal(apierrors.NewConflict(schema.GroupResource{Resource: "services"}, "api", errors.New("it has changed")))(w, r)
		case 3:
			answer(w, http.StatusOK, managed(metav1.ManagedFieldsOperationUpdate, "2"))
		case 4:
			patches = append(patches, string(body))
			answer(w, http.StatusOK, managed(metav1.ManagedFieldsOperationApply, "3"))
		default:
			answer(w, http.StatusOK, managed(metav1.ManagedFieldsOperationApply, "4"))
		}
	})
	for _, want := range []string{"4", "4"} {
		if got, err := c.Apply(t.Context(), service(), old(), anything); err != nil || got.ResourceVersion != want {
			t.Errorf("got %+v, %v, want version %s", got, err, want)
		}
	}
	if diff := cmp.Diff([]string{applied, handed, read, handed, applied, applied}, q.all); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	for i, version := range []string{"1", "2"} {
		if p := patches[i]; !strings.Contains(p, `"operation":"Apply"`) || !strings.Contains(p, `"value":"`+version+`"`) {
			t.Errorf("patch %d does not hold for version %s: %s", i, version, p)
		}
	}
}

// TestNoChangeWithoutTheRight: a fence that is down stops every change.
func TestNoChangeWithoutTheRight(t *testing.T) {
	t.Parallel()
	var q requests
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { q.note(r); http.NotFound(w, r) })
	lost := errors.New("the lease is lost")
	ctx := events.WithFence(t.Context(), func() error { return lost })
	_, created := c.Apply(ctx, service(), envs.Live{}, anything)
	_, updated := c.Apply(ctx, service(), old(), anything)
	removed := c.Remove(ctx, old(), anything)
	for what, err := range map[string]error{"create": created, "update": updated, "delete": removed} {
		if !errors.Is(err, lost) {
			t.Errorf("%s: error %v, want the loss of the lease", what, err)
		}
	}
	if len(q.all) > 0 {
		t.Errorf("requests %v, want none", q.all)
	}
}
