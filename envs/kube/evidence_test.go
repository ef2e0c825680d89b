package kube

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLogOfAContainerThatIsGone: what the kubelet says of a container that it has removed is
// no line of its log; the one that runs now shows why.
func TestLogOfAContainerThatIsGone(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.HasSuffix(r.URL.Path, "/pods/cart-1/log"):
			w.WriteHeader(http.StatusNotFound)
		case r.URL.Query().Get("previous") == "true":
			_, _ = io.WriteString(w, "unable to retrieve container logs for containerd://7278d39ae1ebf54e")
		default:
			_, _ = io.WriteString(w, "unknown command: nope\n")
		}
	})
	got := c.Evidence(t.Context(), "shop", "cart-1", "cart")
	if diff := cmp.Diff([]string{"unknown command: nope"}, got.Log); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
