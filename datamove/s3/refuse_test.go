package s3

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

// TestDeniedInside reads and writes where the target's key pair may read the
// source's first objects and not all of them.
func TestDeniedInside(t *testing.T) {
	c := newCloud(t)
	for i := range 9 {
		c.put(fmt.Sprintf("src/%d", i), "content")
	}
	c.answers = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get(sourceHeader) != "" {
			refuse(w, http.StatusForbidden, "AccessDenied")
			return true
		}
		return false
	}
	j := c.job(t)
	j.To.Secret = "other:secret"
	equalCopy(t, j)
	j.StateDir, j.To.Secret = t.TempDir(), j.From.Secret
	c.put("src/new", "content")
	if p, err := hasty().Copy(t.Context(), j, nil); err == nil || p.Verdict == datamove.Equal {
		t.Errorf("one pair that may not copy: %s, %v", p.Verdict, err)
	}
}

// TestSessionEnds has the credentials expire in the middle, and goes on with others.
func TestSessionEnds(t *testing.T) {
	c := newCloud(t)
	for i := range 30 {
		c.put(fmt.Sprintf("src/%02d", i), fmt.Sprintf("content %d", i))
	}
	var n atomic.Int64
	c.answers = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut || n.Add(1) <= 10 {
			return false
		}
		refuse(w, http.StatusBadRequest, "ExpiredToken")
		return true
	}
	j := c.job(t)
	p, err := hasty().Copy(t.Context(), j, nil)
	if events.KindOf(err) != events.KindUnavailable || p.Verdict != datamove.Incomplete || !strings.Contains(err.Error(), "session") {
		t.Errorf("%s, %v", p.Verdict, err)
	}
	c.behave()
	j.Resume = true
	equalCopy(t, j)
}

// TestClock has a server whose clock is two hours ahead and that minds.
func TestClock(t *testing.T) {
	c := newCloud(t)
	c.answers = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Date", time.Now().Add(2*time.Hour).UTC().Format(http.TimeFormat))
		refuse(w, http.StatusForbidden, "RequestTimeTooSkewed")
		return true
	}
	p, err := hasty().Copy(t.Context(), c.job(t), nil)
	if !refused(err) || p.Verdict != datamove.Refused || !strings.Contains(err.Error(), "2h0m0s behind") {
		t.Errorf("%s, %v", p.Verdict, err)
	}
}

// TestReadOnlyTarget is refused, with the right that is wanting.
func TestReadOnlyTarget(t *testing.T) {
	c := newCloud(t)
	for i := range 5 {
		c.put(fmt.Sprintf("src/%d", i), "content")
	}
	c.answers = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut {
			return false
		}
		refuse(w, http.StatusForbidden, "AccessDenied")
		return true
	}
	p, err := hasty().Copy(t.Context(), c.job(t), nil)
	e, _ := errors.AsType[*events.Error](err)
	if !refused(err) || p.Verdict == datamove.Equal || !strings.Contains(e.Advice, "s3:PutObject") {
		t.Errorf("%s, %v, %+v", p.Verdict, err, e)
	}
}

// TestFullTarget ends when the target has no room, and goes on when it has.
func TestFullTarget(t *testing.T) {
	c := newCloud(t)
	for i := range 30 {
		c.put(fmt.Sprintf("src/%02d", i), "content")
	}
	var n atomic.Int64
	c.answers = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut || n.Add(1) <= 10 {
			return false
		}
		refuse(w, http.StatusInsufficientStorage, "XMinioStorageFull")
		return true
	}
	j := c.job(t)
	p, err := hasty().Copy(t.Context(), j, nil)
	if events.KindOf(err) != events.KindUnavailable || p.Verdict != datamove.Incomplete || !strings.Contains(err.Error(), "StorageFull") {
		t.Errorf("%s, %v", p.Verdict, err)
	}
	c.behave()
	j.Resume = true
	equalCopy(t, j)
}
