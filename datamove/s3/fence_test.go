package s3

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

// TestNoRequestWithoutLease: once the lease is lost no request that changes something is
// sent.
func TestNoRequestWithoutLease(t *testing.T) {
	c := newCloud(t)
	c.put("src/a", "one")
	c.put("src/b", strings.Repeat("x", 1<<20))
	var changed []string
	c.answers = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			changed = append(changed, r.Method+" "+r.URL.String())
		}
		return false
	}
	errLost := errors.New("the lease is lost")
	ctx := events.WithFence(t.Context(), func() error { return errLost })
	part, err := hasty().Copy(ctx, c.job(t), nil)
	if !errors.Is(err, errLost) {
		t.Errorf("%s, %v, want %v", part.Verdict, err, errLost)
	}
	if len(changed) > 0 {
		t.Errorf("sent without the lease: %q", changed)
	}
}
