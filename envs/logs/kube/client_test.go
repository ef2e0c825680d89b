package kube

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/envs/logs"
	"github.com/shakedown-dev/shakedown/events"
)

// namespace has the labels of an environment and, if there is one, its document.
func namespace(t *testing.T, environment string, document *envs.Document) corev1.Namespace {
	t.Helper()
	n := corev1.Namespace{TypeMeta: metav1.TypeMeta{Kind: "Namespace", APIVersion: "v1"}}
	n.Labels = map[string]string{events.LabelManagedBy: events.Manager, events.LabelEnvironment: environment}
	if document != nil {
		raw, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		n.Annotations = map[string]string{envs.AnnotationSpec: string(raw)}
	}
	return n
}

func TestComponents(t *testing.T) {
	t.Parallel()
	document := &envs.Document{Header: events.NewHeader(envs.Kind, "shop"), Spec: envs.Spec{
		Components: map[string]envs.Component{"web": {Image: "shop:v1"}, "api": {Image: "shop:v1"}},
	}}
	pods := corev1.PodList{TypeMeta: metav1.TypeMeta{Kind: "PodList", APIVersion: "v1"}, Items: []corev1.Pod{pod("api-1"), pod("api-2"), {}}}
	for name, test := range map[string]struct {
		environment string
		namespace   *corev1.Namespace
		want        []string
		kind        events.Kind
	}{
		"by the document":   {"shop", new(namespace(t, "shop", document)), []string{"api", "web"}, ""},
		"by the pods":       {"shop", new(namespace(t, "shop", nil)), []string{"api"}, ""},
		"no namespace":      {"shop", nil, nil, events.KindNotFound},
		"not one of ours":   {"shop", new(namespace(t, "other", document)), nil, events.KindNotFound},
		"no name of an env": {"../pods", new(namespace(t, "shop", document)), nil, events.KindNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case strings.HasSuffix(r.URL.Path, "/pods"):
					answer(w, http.StatusOK, pods)
				case test.namespace == nil:
					refuse(w, apierrors.NewNotFound(corev1.Resource("namespaces"), "shop"))
				default:
					answer(w, http.StatusOK, test.namespace)
				}
			}))
			got, err := c.Components(t.Context(), test.environment)
			if diff := cmp.Diff(test.want, got); diff != "" || (err != nil) != (test.kind != "") || err != nil && events.KindOf(err) != test.kind {
				t.Errorf("error %v; components (-want +got):\n%s", err, diff)
			}
		})
	}
}

// TestRefusals are errors of every method, with the right that is missing.
func TestRefusals(t *testing.T) {
	t.Parallel()
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, apierrors.NewForbidden(corev1.Resource("pods"), "", errors.New("no")))
	}))
	_, components := c.Components(t.Context(), "shop")
	_, read := c.Read(t.Context(), "shop", logs.Container{Source: logs.Source{Pod: "p", Container: "c"}}, logs.ReadOptions{})
	watch := c.Watch(t.Context(), "shop", func([]logs.Container) bool { return true })
	for name, err := range map[string]error{"components": components, "read": read, "watch": watch} {
		if events.KindOf(err) != events.KindRefused {
			t.Errorf("%s: error %v, want a refusal", name, err)
		}
	}
}
