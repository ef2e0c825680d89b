package s3

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
)

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

// TestUncompared says in the report what a second run did not compare.
func TestUncompared(t *testing.T) {
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
