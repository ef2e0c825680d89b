package s3

import (
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

func hasty() *Adapter {
	return New(Options{Patience: 200 * time.Millisecond, Down: 200 * time.Millisecond, Timeout: time.Second})
}

// equalCopy copies and wants it equal.
func equalCopy(t *testing.T, j datamove.Job) datamove.Part {
	t.Helper()
	p, err := hasty().Copy(t.Context(), j, nil)
	if err != nil || p.Verdict != datamove.Equal {
		t.Fatalf("%s, %v, %s, %+v", p.Verdict, err, p.Reason, p.Differences)
	}
	return p
}

func kindOf(err error) events.Kind {
	e, _ := errors.AsType[*events.Error](err)
	if e == nil {
		return ""
	}
	return e.Kind
}

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
			if plan, err := hasty().Plan(t.Context(), j); err != nil || hasRefusal(plan.Findings) {
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

// TestLostTraits has a target that takes everything and keeps the content only.
func TestLostTraits(t *testing.T) {
	for name, streamed := range map[string]bool{"server-side": false, "streamed": true} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			for i := range 300 {
				c.put(fmt.Sprintf("src/%03d", i), "content", "X-Amz-Meta-Owner", "canary")
			}
			c.keeps = func(_ string, o *thing) { o.header = http.Header{} }
			j := c.job(t)
			j.Store.S3.Streamed = streamed
			p, err := hasty().Copy(t.Context(), j, nil)
			if err != nil || p.Verdict != datamove.Different || int64(len(p.Differences))+p.MoreDifferences != 300 || p.Units[0].Copied != 300 {
				t.Errorf("%s, %v, %d differences, %d copied", p.Verdict, err, int64(len(p.Differences))+p.MoreDifferences, p.Units[0].Copied)
			}
		})
	}
}

// TestNotLookedAt says in the report what a second run did not compare.
func TestNotLookedAt(t *testing.T) {
	c := newCloud(t)
	c.put("src/a", "one", "X-Amz-Meta-Owner", "canary")
	c.put("dst/a", "one", "X-Amz-Meta-Owner", "other")
	p := equalCopy(t, c.job(t))
	if !slices.ContainsFunc(p.LeftOut, func(l datamove.LeftOut) bool { return strings.Contains(l.What, "metadata and tags of 1 objects") }) {
		t.Errorf("the report does not say that metadata was not compared: %+v", p.LeftOut)
	}
}

// TestRedirects keeps website redirects, which copies inside a server lose.
func TestRedirects(t *testing.T) {
	c := newCloud(t)
	c.put("src/empty", "", redirectHeader, "/elsewhere")
	c.put("src/full", "content", redirectHeader, "/elsewhere")
	equalCopy(t, c.job(t))
	for _, key := range []string{"dst/empty", "dst/full"} {
		if got := c.see(key).header.Get(redirectHeader); got != "/elsewhere" {
			t.Errorf("%s redirects to %q", key, got)
		}
	}
}

// TestExpiresAsItWas keeps the header also where it is no time.
func TestExpiresAsItWas(t *testing.T) {
	c := newCloud(t)
	for key, text := range map[string]string{"a": "0", "b": "Wed, 02 Jan 2030 03:04:05 GMT", "c": "-1"} {
		c.put("src/"+key, key, "Expires", text)
	}
	j := c.job(t)
	j.Store.S3.Streamed = true
	equalCopy(t, j)
	for key, want := range map[string]string{"a": "0", "b": "Wed, 02 Jan 2030 03:04:05 GMT", "c": "-1"} {
		if got := c.see("dst/" + key).header.Get("Expires"); got != want {
			t.Errorf("%s expires %q, want %q", key, got, want)
		}
	}
}

// TestOtherClass tells of a target that puts objects elsewhere.
func TestOtherClass(t *testing.T) {
	c := newCloud(t)
	c.put("src/a", "one", "X-Amz-Storage-Class", "STANDARD_IA")
	c.put("src/b", "one")
	c.keeps = func(_ string, o *thing) { o.class = "" }
	p := equalCopy(t, c.job(t))
	if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], `1 objects are in another storage class than in the source, the first is "a"`) {
		t.Errorf("warnings %q", p.Warnings)
	}
}

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
	if kindOf(err) != events.KindUnavailable || p.Verdict != datamove.Incomplete || !strings.Contains(err.Error(), "session") {
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

// TestNoContentType copies an object without one to a server that gives it its own.
func TestNoContentType(t *testing.T) {
	c := newCloud(t)
	c.put("src/a", "one")
	c.mu.Lock()
	c.things["src/a"].header.Del("Content-Type")
	c.mu.Unlock()
	j := c.job(t)
	j.Store.S3.Streamed = true
	equalCopy(t, j)
}

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
	if kindOf(err) != events.KindPartial || p.Verdict != datamove.Incomplete {
		t.Errorf("%s, %s: %v", p.Verdict, kindOf(err), err)
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
	if kindOf(err) != events.KindPartial || p.Verdict != datamove.Incomplete || !strings.Contains(err.Error(), "2 were") {
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
	if err != nil || !hasRefusal(plan.Findings) {
		t.Errorf("archived: %v, %+v", err, plan.Findings)
	}
	c.mu.Lock()
	c.things["src/a"].header.Set("X-Amz-Restore", `ongoing-request="false", expiry-date="Fri, 21 Dec 2030 00:00:00 GMT"`)
	c.mu.Unlock()
	if plan, err = hasty().Plan(t.Context(), c.job(t)); err != nil || hasRefusal(plan.Findings) {
		t.Errorf("restored: %v, %+v", err, plan.Findings)
	}
	equalCopy(t, c.job(t))
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

// TestConnectionsEnd wants no connection to be left when a copy has ended.
func TestConnectionsEnd(t *testing.T) {
	c := newCloud(t)
	c.put("src/a", "one")
	from, to, err := hasty().open(t.Context(), c.job(t))
	if err != nil {
		t.Fatal(err)
	}
	if p, _ := hasty().page(t.Context(), from, nil, 1); p.err != nil {
		t.Fatal(p.err)
	}
	idle := from.client.Options().HTTPClient.(*http.Client).Transport
	if diff := cmp.Diff(true, idle == http.RoundTripper(from.connections)); diff != "" {
		t.Error("the client has another transport than the one that is closed")
	}
	from.close()
	to.close()
}

// TestMetadataOfMaskedObjects says that it went out as it was.
func TestMetadataOfMaskedObjects(t *testing.T) {
	c := newCloud(t)
	c.put("src/json/a", `{"a":1}`, "X-Amz-Meta-Owner", "canary")
	j := c.job(t)
	j.Mask = shouting{}
	if p := equalCopy(t, j); len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "as they are") {
		t.Errorf("warnings %q", p.Warnings)
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
	if kindOf(err) != events.KindUnavailable || p.Verdict != datamove.Incomplete || !strings.Contains(err.Error(), "StorageFull") {
		t.Errorf("%s, %v", p.Verdict, err)
	}
	c.behave()
	j.Resume = true
	equalCopy(t, j)
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

// TestDisorderIsBounded refuses to sort more in memory than there should be.
func TestDisorderIsBounded(t *testing.T) {
	tail := strings.Repeat("x", 1000)
	j := listing{n: 20_000, keys: func(_ string, i int) string { return fmt.Sprintf("%09d%s", 20_000-i, tail) }}.serve(t)
	p, err := hasty().Copy(t.Context(), j, nil)
	if !refused(err) || p.Verdict == datamove.Equal || !strings.Contains(err.Error(), "sorted in memory") {
		t.Errorf("%s, %v", p.Verdict, err)
	}
}

// TestJournalOnAFullDisk ends the copy instead of counting failed objects.
func TestJournalOnAFullDisk(t *testing.T) {
	l := mustOpen(t, journalJob(t.TempDir()))
	_ = l.file.Close()
	if err := l.want("key"); kindOf(err) != events.KindUnavailable {
		t.Errorf("a journal that cannot be written: %v", err)
	}
}

// TestNothingThere tells that there was nothing to copy.
func TestNothingThere(t *testing.T) {
	c := newCloud(t)
	if p := equalCopy(t, c.job(t)); len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "no objects") {
		t.Errorf("warnings %q", p.Warnings)
	}
}

// TestCertificates trusts the CA that is named, and nobody else.
func TestCertificates(t *testing.T) {
	c := newCloud(t)
	server := httptest.NewUnstartedServer(c)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	t.Cleanup(server.Close)
	c.url = server.URL
	c.put("src/a", "one")
	j := c.job(t)
	if p, err := New(Options{}).Copy(t.Context(), j, nil); !refused(err) || p.Verdict != datamove.Refused || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("%s, %v", p.Verdict, err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	j.From.CA, j.To.CA = path, path
	equalCopy(t, j)
	j.From.CA = filepath.Join(t.TempDir(), "none")
	if _, err := New(Options{}).Copy(t.Context(), j, nil); kindOf(err) != events.KindInvalid {
		t.Errorf("no such file: %v", err)
	}
}

// TestNoCopies has a server that knows storage classes and does not copy by itself.
func TestNoCopies(t *testing.T) {
	c := newCloud(t)
	c.put("src/a", "one", "X-Amz-Storage-Class", "STANDARD_IA")
	c.answers = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get(sourceHeader) == "" {
			return false
		}
		refuse(w, http.StatusNotImplemented, "NotImplemented")
		return true
	}
	equalCopy(t, c.job(t))
	if got := c.see("dst/a").class; got != "STANDARD_IA" {
		t.Errorf("the class is %q", got)
	}
}
