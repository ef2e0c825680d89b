package s3

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
)

// lister is a server that has nothing but listings, each as long as one wishes.
type lister struct {
	keys func(bucket string, i int) string
	n    int
}

func (l lister) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	bucket := strings.Trim(req.URL.Path, "/")
	if req.Method == http.MethodHead || strings.Contains(bucket, "/") {
		return
	}
	q := req.URL.Query()
	from, _ := strconv.Atoi(q.Get("continuation-token"))
	most := 1000
	if n, err := strconv.Atoi(q.Get("max-keys")); err == nil {
		most = n
	}
	to := min(l.n, from+most)
	w.Header().Set("Content-Type", "application/xml")
	fmt.Fprintf(w, `<?xml version="1.0"?><ListBucketResult><Name>%s</Name><IsTruncated>%t</IsTruncated>`, bucket, to < l.n)
	if to < l.n {
		fmt.Fprintf(w, `<NextContinuationToken>%d</NextContinuationToken>`, to)
	}
	for i := from; i < to; i++ {
		_, _ = w.Write([]byte(`<Contents><Key>`))
		_ = xml.EscapeText(w, []byte(l.keys(bucket, i)))
		_, _ = w.Write([]byte(`</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"` + md5a + `"</ETag><Size>5</Size><StorageClass>STANDARD</StorageClass></Contents>`))
	}
	_, _ = w.Write([]byte(`</ListBucketResult>`))
}

// serve starts it and returns a job between its buckets.
func (l lister) serve(t testing.TB) datamove.Job {
	t.Helper()
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	access := func(bucket string) datamove.Access {
		return datamove.Access{Endpoint: datamove.Endpoint{URL: "s3://" + bucket + "?endpoint=" + server.URL + "&region=us-east-1"}, Secret: "id:secret"}
	}
	return datamove.Job{ID: "test", From: access("src"), To: access("dst"), Now: time.Now, StateDir: t.TempDir()}
}

func ordered(_ string, i int) string {
	return fmt.Sprintf("folder/object-%09d-with-a-name-of-some-length", i)
}

func TestVerifyByListings(t *testing.T) {
	j := lister{keys: ordered, n: 2500}.serve(t)
	j.Store.Existing = datamove.ExistingReplace
	p, err := New(Options{}).Copy(t.Context(), j, nil)
	if err != nil || p.Verdict != datamove.Equal || len(p.Units) != 1 || p.Units[0].Source.Items != 2500 {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestDisorder has a target that lists in another order, as servers over file
// systems may.
func TestDisorder(t *testing.T) {
	j := lister{n: 1500, keys: func(bucket string, i int) string {
		if bucket == "dst" {
			i = 1499 - i
		}
		return ordered("", i)
	}}.serve(t)
	p, err := New(Options{}).Copy(t.Context(), j, nil)
	if err != nil || p.Verdict != datamove.Equal || len(p.Warnings) != 1 || p.Units[0].Target.Items != 1500 {
		t.Errorf("%+v, %v", p, err)
	}
	if plan, err := New(Options{}).Plan(t.Context(), j); err == nil && len(plan.Findings) == 0 {
		t.Errorf("the plan says nothing of the order: %+v", plan)
	}
}
