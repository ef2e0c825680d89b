//go:build real

package s3

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// TestRights takes one right after the other away.
func TestRights(t *testing.T) {
	r := newRig(t, storetest.S3(t))
	r.put(t, "src", "a", []byte("x"), decorate)
	var denies func(*http.Request) bool
	r.through(t, func(req *http.Request) fate {
		if denies(req) {
			return deny
		}
		return forward
	})
	for right, test := range map[string]func(*http.Request) bool{
		"s3:GetObject":            func(q *http.Request) bool { return q.URL.Path == "/src/a" && !q.URL.Query().Has("tagging") },
		"s3:GetObjectTagging":     func(q *http.Request) bool { return q.Method == http.MethodGet && q.URL.Query().Has("tagging") },
		"s3:PutObject":            func(q *http.Request) bool { return q.URL.Query().Has("partNumber") && q.Method == http.MethodPut },
		"s3:PutObjectTagging":     func(q *http.Request) bool { return q.URL.Query().Has("tagging") && q.Method == http.MethodPut },
		"s3:ListBucket":           func(q *http.Request) bool { return strings.Trim(q.URL.Path, "/") == "src" },
		"s3:AbortMultipartUpload": func(q *http.Request) bool { return q.Method == http.MethodDelete },
	} {
		t.Run(right, func(t *testing.T) {
			denies = test
			p, err := adapter().Plan(t.Context(), r.job(t))
			if err != nil || len(p.Findings) != 1 || p.Findings[0].Severity != datamove.Refusal || p.Findings[0].Check != "rights" ||
				!strings.Contains(p.Findings[0].Hint, right+`"`) {
				t.Errorf("%+v, %v", p.Findings, err)
			}
		})
	}
	denies = func(*http.Request) bool { return false }
	p, err := adapter().Plan(t.Context(), r.job(t))
	if err != nil || len(p.Findings) != 1 || p.Findings[0].Severity != datamove.Note || p.Method != methodInside {
		t.Errorf("with all rights: %s, %+v, %v", p.Method, p.Findings, err)
	}
	if keys := r.targetKeys(t); keys != nil {
		t.Errorf("asking for rights made %v", keys)
	}
	r.noUploads(t)
}

// TestOtherRegion names the right one.
func TestOtherRegion(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("x-amz-bucket-region", "eu-west-7")
		w.WriteHeader(http.StatusMovedPermanently)
	}))
	t.Cleanup(server.Close)
	access := datamove.Access{Endpoint: datamove.Endpoint{URL: "s3://b?endpoint=" + server.URL}, Secret: "id:secret"}
	to := access
	to.URL = strings.Replace(to.URL, "s3://b", "s3://c", 1)
	_, err := adapter().Copy(t.Context(), datamove.Job{From: access, To: to, Now: time.Now}, nil)
	if !refused(err) || !strings.Contains(err.Error(), "eu-west-7") {
		t.Errorf("%v", err)
	}
}

// TestMemoryOfListings compares two listings of many objects in a child.
func TestMemoryOfListings(t *testing.T) {
	j := lister{keys: ordered, n: 200_000}.serve(t)
	measured(t, errand{From: j.From.URL, To: j.To.URL, Secret: j.From.Secret, StateDir: j.StateDir}, datamove.Equal)
}

// TestMemoryOfDisorder sorts two listings in a child.
func TestMemoryOfDisorder(t *testing.T) {
	const n = 45_000
	j := lister{n: n, keys: func(_ string, i int) string { return ordered("", n-i) }}.serve(t)
	measured(t, errand{From: j.From.URL, To: j.To.URL, Secret: j.From.Secret, StateDir: j.StateDir}, datamove.Equal)
}
