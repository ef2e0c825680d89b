package kube

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/shakedown-dev/shakedown/events"
)

func TestSecret(t *testing.T) {
	t.Parallel()
	secrets := schema.GroupResource{Resource: "secrets"}
	config := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/v1/namespaces/shop/secrets/db":
			answer(w, http.StatusOK, corev1.Secret{
				TypeMeta: metav1.TypeMeta{Kind: "Secret", APIVersion: "v1"}, Data: map[string][]byte{"password": []byte("hunter2")},
			})
		case "/api/v1/namespaces/shop/secrets/none":
			refuse(w, apierrors.NewNotFound(secrets, "none"))
		case "/api/v1/namespaces/shop/secrets/away":
			refuse(w, apierrors.NewInternalError(errors.New("etcd is away")))
		default:
			refuse(w, apierrors.NewForbidden(secrets, "x", errors.New("no")))
		}
	})
	for name, test := range map[string]struct {
		secret, key, want, hint string
		kind                    events.Kind
	}{
		"there":     {secret: "db", key: "password", want: "hunter2"},
		"no key":    {secret: "db", key: "user", kind: events.KindNotFound, want: "read Secret shop/db: it has no key user", hint: "kubectl describe secret -n shop db"},
		"no Secret": {secret: "none", key: "a", kind: events.KindNotFound, want: "read Secret shop/none: there is none", hint: "kubectl get secrets -n shop"},
		"forbidden": {secret: "x", key: "a", kind: events.KindRefused, want: "does not let us get secret x in namespace shop", hint: "kubectl auth can-i get secrets"},
		"upwards":   {secret: "..", key: "a", kind: events.KindInvalid, want: `".." cannot be its name`},
		"elsewhere": {secret: "../../pods", key: "a", kind: events.KindInvalid, want: "cannot be its name"},
		"odd key":   {secret: "db", key: "a/b", kind: events.KindInvalid, want: "cannot be its key"},
		"away":      {secret: "away", key: "a", kind: events.KindUnavailable, want: "etcd is away"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Secret(t.Context(), config, "shop", test.secret, test.key)
			if test.kind == "" {
				if err != nil || got != test.want {
					t.Errorf("got %q, %v", got, err)
				}
				return
			}
			e, ok := errors.AsType[*events.Error](err)
			if !ok || e.Kind != test.kind || !strings.Contains(e.Message, test.want) || !strings.Contains(e.Advice, test.hint) || strings.Contains(e.Message, "hunter2") {
				t.Errorf("error %v (%#v), want %s: %s", err, e, test.kind, test.want)
			}
		})
	}
}
