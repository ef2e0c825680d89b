package kube

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/rest"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

// serve is a cluster whose API server answers as the handler does.
func serve(t *testing.T, handler http.HandlerFunc) *Cluster {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return connect(t, server.URL)
}

func connect(t *testing.T, url string) *Cluster {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	c, err := New(&rest.Config{Host: url, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answer(w http.ResponseWriter, code int, object any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(object); err != nil {
		panic(err)
	}
}

// refusal answers every request with the status. Handlers run at the same time,
// so what they share is complete before the first of them runs.
func refusal(err *apierrors.StatusError) http.HandlerFunc {
	status := *err.ErrStatus.DeepCopy()
	status.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
	return func(w http.ResponseWriter, _ *http.Request) { answer(w, int(status.Code), status) }
}

func TestErrorsAreOneLineWithAHint(t *testing.T) {
	t.Parallel()
	namespaces, deployments := schema.GroupResource{Resource: "namespaces"}, schema.GroupResource{Group: "apps", Resource: "deployments"}
	object := envs.Object{Ref: envs.Ref{Kind: "Deployment", Name: "api"}, Namespace: "shop", Manifest: []byte(`{"metadata":{}}`)}
	observe := func(ctx context.Context, c *Cluster) error { _, err := c.Observe(ctx, "shop"); return err }
	apply := func(ctx context.Context, c *Cluster) error {
		_, err := c.Apply(ctx, object, envs.Live{}, anything)
		return err
	}
	for name, test := range map[string]struct {
		answer        *apierrors.StatusError
		call          func(context.Context, *Cluster) error
		kind          events.Kind
		message, hint string
	}{
		"forbidden": {
			apierrors.NewForbidden(namespaces, "shop", errors.New(`User "ci" cannot get resource`)), observe, events.KindRefused,
			`the API server does not let us get namespace shop: namespaces "shop" is forbidden: User "ci" cannot get resource`,
			"give the kubeconfig's user the right; check with: kubectl auth can-i get namespaces",
		},
		"unauthorized": {
			apierrors.NewUnauthorized("token expired"), observe, events.KindRefused,
			"does not accept our credentials: token expired", "renew the credentials in the kubeconfig",
		},
		"conflict": {
			apierrors.NewConflict(deployments, "api", errors.New("conflict with kubectl: .spec.replicas")), apply, events.KindRefused,
			"deployment/api in namespace shop has fields or a UID that are not ours: ", "choose another name, or remove the object yourself",
		},
		"invalid": {
			apierrors.NewInvalid(schema.GroupKind{Group: "apps", Kind: "Deployment"}, "api", field.ErrorList{field.Invalid(field.NewPath("spec"), 1, "must be\n2")}),
			apply, events.KindInvalid,
			`the API server does not take deployment/api in namespace shop: Deployment.apps "api" is invalid: spec: Invalid value: 1: must be 2`, "",
		},
		"admission": {
			apierrors.NewForbidden(deployments, "api", errors.New("exceeded quota: q")), apply, events.KindInvalid,
			"the API server does not take deployment/api in namespace shop: ", "",
		},
		"overloaded": {
			apierrors.NewInternalError(errors.New("etcd is away")), observe, events.KindUnavailable,
			"get namespace shop: Internal error occurred: etcd is away", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.call(t.Context(), serve(t, refusal(test.answer)))
			e, ok := errors.AsType[*events.Error](err)
			if !ok || e.Kind != test.kind || !strings.Contains(e.Message, test.message) || e.Advice != test.hint || strings.Contains(e.Message, "\n") {
				t.Errorf("got %v %#v\nwant %s: %s\nhint %s", err, e, test.kind, test.message, test.hint)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = connect(t, "http://"+address).List(t.Context())
	e, ok := errors.AsType[*events.Error](err)
	want := "cannot reach the API server at http://" + address + ": dial tcp " + address + ": connect: connection refused"
	if !ok || e.Kind != events.KindUnavailable || e.Message != want || e.Advice == "" {
		t.Errorf("got %v, want %s", err, want)
	}
}
