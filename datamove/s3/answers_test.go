package s3

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
)

// TestEmptyAnswers has a listing answered with nothing, or with somebody else's page.
func TestEmptyAnswers(t *testing.T) {
	for name, body := range map[string]string{"nothing": "", "a page": "<html><body>please log in</body></html>"} {
		t.Run(name, func(t *testing.T) {
			for _, forever := range []bool{false, true} {
				c := newCloud(t)
				c.put("src/a", "one")
				c.put("dst/b", "two")
				var n atomic.Int64
				c.answers = func(w http.ResponseWriter, r *http.Request) bool {
					if r.URL.Query().Get("list-type") == "" || !strings.HasPrefix(r.URL.Path, "/src") || !forever && n.Add(1) > 2 {
						return false
					}
					_, _ = w.Write([]byte(body))
					return true
				}
				j := c.job(t)
				j.Store.S3.Delete = true
				p, err := hasty().Copy(t.Context(), j, nil)
				if !forever {
					if err != nil || p.Verdict != datamove.Equal || c.see("dst/a") == nil {
						t.Errorf("%s, %v, %+v", p.Verdict, err, p.Units)
					}
					continue
				}
				if err == nil || p.Verdict != datamove.Incomplete || c.see("dst/b") == nil {
					t.Errorf("an empty answer: %s, %v, left %v", p.Verdict, err, c.see("dst/b") != nil)
				}
			}
		})
	}
}

// TestTagsUnanswered has the tags answered with nothing.
func TestTagsUnanswered(t *testing.T) {
	c := newCloud(t)
	c.put("src/a", "one", "tag", "team")
	var n atomic.Int64
	c.answers = func(_ http.ResponseWriter, r *http.Request) bool {
		return r.URL.Query().Has("tagging") && n.Add(1) == 1
	}
	j := c.job(t)
	j.Store.S3.Streamed = true
	equalCopy(t, j)
	if got := c.see("dst/a").tags.Encode(); got != "team=team" {
		t.Errorf("tags %q", got)
	}
}

// TestEndlessListing has a server that says there is more and always means the same.
func TestEndlessListing(t *testing.T) {
	c := newCloud(t)
	c.answers = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("list-type") == "" {
			return false
		}
		_, _ = w.Write([]byte(`<ListBucketResult><Name>x</Name><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>`))
		return true
	}
	if p, err := hasty().Copy(t.Context(), c.job(t), nil); err == nil || p.Verdict == datamove.Equal {
		t.Errorf("%s, %v", p.Verdict, err)
	}
}

// TestDisorderIsBounded refuses to sort more in memory than there should be, at once and
// not because a request was tried again. A listing of 20 MB may stand still for a while
// on a busy machine.
func TestDisorderIsBounded(t *testing.T) {
	tail := strings.Repeat("x", 1000)
	j := lister{n: 20_000, keys: func(_ string, i int) string { return fmt.Sprintf("%09d%s", 20_000-i, tail) }}.serve(t)
	quick := New(Options{Patience: 200 * time.Millisecond, Down: 200 * time.Millisecond, Timeout: time.Minute})
	p, err := quick.Copy(t.Context(), j, nil)
	if !refused(err) || p.Verdict == datamove.Equal || !strings.Contains(err.Error(), "sorted in memory") {
		t.Errorf("%s, %v", p.Verdict, err)
	}
}
