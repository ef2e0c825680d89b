package s3

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/outcome"
	"github.com/shakedown-dev/shakedown/events"
)

// TestNothingIsRefusedAfterChanges wants another word than refused once something
// was written.
func TestNothingIsRefusedAfterChanges(t *testing.T) {
	c := newCloud(t)
	for i := range 30 {
		c.put(fmt.Sprintf("src/%02d", i), "content")
	}
	var n atomic.Int64
	c.answers = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("list-type") == "" || n.Add(1) <= 5 {
			return false
		}
		refuse(w, http.StatusForbidden, "AccessDenied")
		return true
	}
	p, err := hasty().Copy(t.Context(), c.job(t), nil)
	if events.KindOf(err) != events.KindPartial || p.Verdict != datamove.Incomplete {
		t.Errorf("%s, %s: %v", p.Verdict, events.KindOf(err), err)
	}
}

// TestDeletesAreCappedTogether has the source lose more while it is copied.
func TestDeletesAreCappedTogether(t *testing.T) {
	c := newCloud(t)
	c.put("src/keep", "x")
	for i := range 6 {
		c.put(fmt.Sprintf("src/%d", i), "content")
		c.put(fmt.Sprintf("dst/%d", i), "content")
	}
	c.put("dst/x", "content")
	c.put("dst/y", "content")
	c.answers = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodDelete {
			c.mu.Lock()
			defer c.mu.Unlock()
			delete(c.things, "src/0")
			delete(c.things, "src/1")
			delete(c.things, "src/2")
		}
		return false
	}
	j := c.job(t)
	j.Store.S3.Delete, j.Store.S3.MaxDelete = true, 3
	p, err := hasty().Copy(t.Context(), j, nil)
	if events.KindOf(err) != events.KindPartial || p.Verdict != datamove.Incomplete || !strings.Contains(err.Error(), "2 were") {
		t.Errorf("%s, %v", p.Verdict, err)
	}
	if c.see("dst/0") == nil || c.see("dst/x") != nil {
		t.Error("more was removed than may be")
	}
}

// TestLongKeys refuses keys that the target's prefix makes too long.
func TestLongKeys(t *testing.T) {
	c := newCloud(t)
	long := strings.Repeat("k", 1020)
	c.put("src/"+long, "x")
	c.put("src/short", "x")
	j := c.job(t)
	j.To.URL = strings.Replace(j.To.URL, "s3://dst", "s3://dst/prefix", 1)
	plan, err := hasty().Plan(t.Context(), j)
	if err != nil || !slices.ContainsFunc(plan.Findings, func(f datamove.Finding) bool {
		return f.Check == "key-too-long" && f.Severity == datamove.Refusal
	}) {
		t.Errorf("plan: %v, %+v", err, plan.Findings)
	}
	p, err := hasty().Copy(t.Context(), j, nil)
	if err == nil || p.Verdict != datamove.Incomplete || c.see("dst/prefix/short") == nil {
		t.Errorf("copy: %s, %v", p.Verdict, err)
	}
	j.Store.Exclude, j.StateDir = []string{"k*"}, t.TempDir()
	equalCopy(t, j)
}

// TestArchived refuses what is archived and copies what is restored.
func TestArchived(t *testing.T) {
	c := newCloud(t)
	c.put("src/a", "one", "X-Amz-Storage-Class", "GLACIER")
	plan, err := hasty().Plan(t.Context(), c.job(t))
	if err != nil || outcome.Refusal(plan.Findings) == nil {
		t.Errorf("archived: %v, %+v", err, plan.Findings)
	}
	c.mu.Lock()
	c.things["src/a"].header.Set("X-Amz-Restore", `ongoing-request="false", expiry-date="Fri, 21 Dec 2030 00:00:00 GMT"`)
	c.mu.Unlock()
	if plan, err = hasty().Plan(t.Context(), c.job(t)); err != nil || outcome.Refusal(plan.Findings) != nil {
		t.Errorf("restored: %v, %+v", err, plan.Findings)
	}
	equalCopy(t, c.job(t))
}
