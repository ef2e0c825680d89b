package s3

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
)

// TestKeysOfKMS copies objects whose ETags say nothing, keeps the key, and finds
// nothing to do afterwards.
func TestKeysOfKMS(t *testing.T) {
	for name, streamed := range map[string]bool{"server-side": false, "streamed": true} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			for i := range 20 {
				c.put(fmt.Sprintf("src/%02d", i), fmt.Sprintf("content %02d", i))
			}
			c.put("src/05x", "secret", sseHeader, "aws:kms", sseKeyHeader, "canary-key") // not among the samples
			j := c.job(t)
			j.Store.S3.Streamed = streamed
			p := equalCopy(t, j)
			if got := c.see("dst/05x").header; got.Get(sseKeyHeader) != "canary-key" {
				t.Errorf("the key was lost: %v, warnings %v", got, p.Warnings)
			}
			j.StateDir = t.TempDir()
			if p := equalCopy(t, j); p.Units[0].Copied != 0 {
				t.Errorf("a second run copied %d", p.Units[0].Copied)
			}
			if p, err := hasty().Verify(t.Context(), j, nil); err != nil || p.Verdict != datamove.Equal {
				t.Errorf("verify: %s, %v, %+v", p.Verdict, err, p.Differences)
			}
			if plan, err := hasty().Plan(t.Context(), j); err != nil || outcome.Refusal(plan.Findings) != nil {
				t.Errorf("plan: %v, %+v", err, plan.Findings)
			}
			c.put("dst/05x", "SECRET", sseHeader, "aws:kms", sseKeyHeader, "canary-key")
			if p, err := hasty().Verify(t.Context(), j, nil); err != nil || p.Verdict != datamove.Different || p.Differences[0].ID != "05x" {
				t.Errorf("verify of other content: %s, %v", p.Verdict, err)
			}
		})
	}
}

// TestETagsOfNothing has a server whose ETags are all the same.
func TestETagsOfNothing(t *testing.T) {
	for _, word := range []string{"etag", "00000000000000000000000000000000"} {
		c := newCloud(t)
		c.tag = func(*thing) string { return word }
		c.put("src/a", "one")
		c.put("dst/a", "two")
		p, err := hasty().Verify(t.Context(), c.job(t), nil)
		if err != nil || p.Verdict != datamove.Different {
			t.Errorf("%s: %s, %v", word, p.Verdict, err)
		}
	}
}

// TestTraitsOfOpenContent wants that metadata is compared also where the contents
// had to be read to be compared.
func TestTraitsOfOpenContent(t *testing.T) {
	c := newCloud(t)
	c.put("src/a", "one", sseHeader, "aws:kms", "X-Amz-Meta-Owner", "canary")
	c.put("dst/a", "one", sseHeader, "aws:kms", "X-Amz-Meta-Owner", "other")
	c.put("src/json/a", `{"A":1}`, "X-Amz-Meta-Owner", "canary")
	c.put("dst/json/a", `{"A":1}`, "X-Amz-Meta-Owner", "other")
	j := c.job(t)
	j.Mask = shouting{}
	p, err := hasty().Verify(t.Context(), j, nil)
	if err != nil || p.Verdict != datamove.Different || len(p.Differences) != 2 || p.Differences[0].Detail != "user metadata" {
		t.Errorf("%s, %v, %+v", p.Verdict, err, p.Differences)
	}
}

// TestConditionsIgnored has servers that ignore If-Match while the source changes.
func TestConditionsIgnored(t *testing.T) {
	for name, streamed := range map[string]bool{"server-side": false, "streamed": true} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			c.put("src/a", "before")
			var n atomic.Int64
			c.answers = func(_ http.ResponseWriter, r *http.Request) bool {
				reads := r.Header.Get(sourceHeader) != "" || r.Method == http.MethodGet && r.URL.Path == "/src/a"
				if reads && n.Add(1) == 1 {
					c.put("src/a", "after!")
				}
				r.Header.Del("If-Match")
				r.Header.Del("X-Amz-Copy-Source-If-Match")
				return false
			}
			j := c.job(t)
			j.Store.S3.Streamed = streamed
			equalCopy(t, j)
			if got := string(c.see("dst/a").body); got != "after!" {
				t.Errorf("the target has %q", got)
			}
		})
	}
}
