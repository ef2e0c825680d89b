package kube

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

// changedOnce is an API server whose object has the version 2 and the UID, and which
// notes for which version it is to be changed.
func changedOnce(t *testing.T, q *requests, uid string, bound *[]string) *Cluster {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		q.note(r)
		now := managed(metav1.ManagedFieldsOperationApply, "2")
		now.UID = types.UID(uid)
		if r.Method == http.MethodGet {
			answer(w, http.StatusOK, now)
			return
		}
		asked := boundTo(r)
		*bound = append(*bound, asked.uid+"/"+asked.resource)
		if asked.resource == "1" {
			refusal(apierrors.NewConflict(schema.GroupResource{Resource: "services"}, "api", errors.New("it has changed")))(w, r)
			return
		}
		answer(w, http.StatusOK, now)
	})
}

// boundTo is the version that a change is to be made to.
func boundTo(r *http.Request) version {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	var sent struct{ Metadata metav1.ObjectMeta }
	if r.Method != http.MethodDelete {
		if err := json.Unmarshal(body, &sent); err != nil {
			panic(err)
		}
		return version{string(sent.Metadata.UID), sent.Metadata.ResourceVersion}
	}
	const magic = "k8s\x00"
	var wrapped runtime.Unknown
	var options metav1.DeleteOptions
	if err := wrapped.Unmarshal(body[len(magic):]); err != nil {
		panic(err)
	}
	if err := options.Unmarshal(wrapped.Raw); err != nil {
		panic(err)
	}
	return version{string(*options.Preconditions.UID), *options.Preconditions.ResourceVersion}
}

// TestChangesAreBound: a change is of the version that was read. Another one is asked
// about first, and one of another object is never changed.
func TestChangesAreBound(t *testing.T) {
	t.Parallel()
	apply := func(c *Cluster, check envs.Check) error {
		_, err := c.Apply(t.Context(), service(), old(), check)
		return err
	}
	mark := func(c *Cluster, check envs.Check) error {
		_, err := c.Mark(t.Context(), old(), envs.Marks{Annotations: map[string]string{"a": "b"}}, check)
		return err
	}
	remove := func(c *Cluster, check envs.Check) error { return c.Remove(t.Context(), old(), check) }
	for name, test := range map[string]struct {
		change      func(*Cluster, envs.Check) error
		check       envs.Check
		uid         string
		kind        events.Kind
		want, bound []string
	}{
		"apply passes":   {apply, anything, "1", "", []string{applied, read, applied}, []string{"1/1", "1/2"}},
		"apply refused":  {apply, theirs, "1", events.KindRefused, []string{applied, read}, []string{"1/1"}},
		"apply to a new": {apply, anything, "2", events.KindUnavailable, []string{applied, read}, []string{"1/1"}},
		"mark":           {mark, anything, "1", "", []string{patched, read, patched}, []string{"1/1", "1/2"}},
		"mark refused":   {mark, theirs, "1", events.KindRefused, []string{patched, read}, []string{"1/1"}},
		"remove passes":  {remove, anything, "1", "", []string{deleted, read, deleted}, []string{"1/1", "1/2"}},
		"remove refused": {remove, theirs, "1", events.KindRefused, []string{deleted, read}, []string{"1/1"}},
		"remove a new":   {remove, anything, "2", events.KindUnavailable, []string{deleted, read}, []string{"1/1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var q requests
			var bound []string
			err := test.change(changedOnce(t, &q, test.uid, &bound), test.check)
			var kind events.Kind
			if e, ok := errors.AsType[*events.Error](err); ok {
				kind = e.Kind
			}
			if kind != test.kind || (err == nil) != (test.kind == "") {
				t.Errorf("error %v, want kind %q", err, test.kind)
			}
			if diff := cmp.Diff(test.want, q.all) + cmp.Diff(test.bound, bound); diff != "" {
				t.Errorf("requests and versions (-want +got):\n%s", diff)
			}
		})
	}
}
