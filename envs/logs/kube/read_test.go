package kube

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/shakedown-dev/shakedown/envs/logs"
	"github.com/shakedown-dev/shakedown/events"
)

func TestReadAsksFor(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 13, 0, 0, 999, time.FixedZone("", 3600))
	for name, test := range map[string]struct {
		o    logs.ReadOptions
		want string
	}{
		"all":      {logs.ReadOptions{}, "container=c&follow=false&previous=false&timestamps=true"},
		"the rest": {logs.ReadOptions{Follow: true, Since: at}, "container=c&follow=true&previous=false&sinceTime=2026-11-29T12%3A00%3A00Z&timestamps=true"},
		"the end":  {logs.ReadOptions{Previous: true, Tail: 3}, "container=c&follow=false&previous=true&tailLines=3&timestamps=true"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := ""
			c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = r.URL.Path + "?" + r.URL.RawQuery
				_, _ = io.WriteString(w, "text")
			}))
			body, err := c.Read(t.Context(), "shop", logs.Container{Source: logs.Source{Pod: "p", Container: "c"}}, test.o)
			if err != nil {
				t.Fatal(err)
			}
			defer body.Close()
			text, err := io.ReadAll(body)
			if diff := cmp.Diff("/api/v1/namespaces/shop/pods/p/log?"+test.want, asked); diff != "" || err != nil || string(text) != "text" {
				t.Errorf("%q, %v; asked (-want +got):\n%s", text, err, diff)
			}
		})
	}
}

func TestReadErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		says *apierrors.StatusError
		want error
		kind events.Kind
	}{
		"no pod":      {apierrors.NewNotFound(corev1.Resource("pods"), "p"), logs.ErrNoLog, ""},
		"no previous": {apierrors.NewBadRequest(`previous terminated container "c" in pod "p" not found`), logs.ErrNoLog, ""},
		"not started": {apierrors.NewBadRequest(`container "c" in pod "p" is waiting to start: ContainerCreating`), logs.ErrNotStarted, ""},
		"forbidden":   {apierrors.NewForbidden(corev1.Resource("pods"), "p", errors.New("no")), nil, events.KindRefused},
		"no kubelet":  {apierrors.NewInternalError(errors.New("dial tcp: connection refused")), nil, events.KindUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { refuse(w, test.says) }))
			_, err := c.Read(t.Context(), "shop", logs.Container{Source: logs.Source{Pod: "p", Container: "c"}}, logs.ReadOptions{})
			if test.want != nil && !errors.Is(err, test.want) || test.kind != "" && events.KindOf(err) != test.kind {
				t.Errorf("error %v, want %v %s", err, test.want, test.kind)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has several lines: %q", err)
			}
		})
	}
}

// TestWatchFollowsPods: those that come, change and go.
func TestWatchFollowsPods(t *testing.T) {
	t.Parallel()
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("watch") != "true" {
			answer(w, http.StatusOK, corev1.PodList{Items: []corev1.Pod{pod("a")}})
			return
		}
		w.Header().Set("Content-Type", "application/json")
		for _, e := range []struct{ kind, name string }{{"ADDED", "b"}, {"DELETED", "a"}} {
			if err := json.NewEncoder(w).Encode(map[string]any{"type": e.kind, "object": pod(e.name)}); err != nil {
				panic(err)
			}
		}
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var shown []string
	err := c.Watch(ctx, "shop", func(all []logs.Container) bool {
		names := ""
		for _, one := range all {
			names += one.Pod
		}
		shown = append(shown, names)
		return len(shown) < 3
	})
	if diff := cmp.Diff([]string{"a", "ab", "b"}, shown); diff != "" || err != nil {
		t.Errorf("error %v; pods (-want +got):\n%s", err, diff)
	}
}
