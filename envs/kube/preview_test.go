package kube

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/shakedown-dev/shakedown/envs"
	"github.com/shakedown-dev/shakedown/events"
)

const dryRun = "PATCH apply-patch+yaml " + services + "/api?dryRun=All&fieldManager=shakedown&force=true"

// TestPreviewIsADryRun: nothing is asked for that changes anything, and what is compared
// is of one version.
func TestPreviewIsADryRun(t *testing.T) {
	t.Parallel()
	var q requests
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch q.note(r) {
		case 1:
			answer(w, http.StatusOK, managed(metav1.ManagedFieldsOperationApply, "1"))
		case 2:
			refusal(apierrors.NewConflict(schema.GroupResource{Resource: "services"}, "api", errors.New("it has changed")))(w, r)
		case 3:
			answer(w, http.StatusOK, managed(metav1.ManagedFieldsOperationApply, "2"))
		default:
			if v := boundTo(r); v != (version{"1", "2"}) {
				t.Errorf("the dry run is of version %v", v)
			}
			answer(w, http.StatusOK, managed(metav1.ManagedFieldsOperationApply, "3"))
		}
	})
	p, err := c.Preview(t.Context(), service(), old(), anything)
	if err != nil || !strings.Contains(string(p.Is), `"resourceVersion":"2"`) || !strings.Contains(string(p.Wanted), `"resourceVersion":"3"`) {
		t.Errorf("got %s and %s, %v", p.Is, p.Wanted, err)
	}
	if diff := cmp.Diff([]string{read, dryRun, read, dryRun}, q.all); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestPreviewOfWhatIsNotOurs: an object that became somebody else's, was made anew, or is
// gone, is not previewed.
func TestPreviewOfWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	here := func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, managed(metav1.ManagedFieldsOperationApply, "2"))
	}
	gone := refusal(apierrors.NewNotFound(schema.GroupResource{Resource: "services"}, "api"))
	for name, test := range map[string]struct {
		now   http.HandlerFunc
		uid   string
		check envs.Check
		kind  events.Kind
	}{
		"theirs":    {here, "1", theirs, events.KindRefused},
		"made anew": {here, "0", anything, events.KindUnavailable},
		"gone":      {gone, "1", anything, events.KindUnavailable},
	} {
		var q requests
		c := serve(t, func(w http.ResponseWriter, r *http.Request) { q.note(r); test.now(w, r) })
		was := old()
		was.UID = test.uid
		_, err := c.Preview(t.Context(), service(), was, test.check)
		if events.KindOf(err) != test.kind {
			t.Errorf("%s: error %v, want kind %s", name, err, test.kind)
		}
		if diff := cmp.Diff([]string{read}, q.all); diff != "" {
			t.Errorf("%s: requests (-want +got):\n%s", name, diff)
		}
	}
}
