package s3

import (
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
)

// thing is an object of a cloud. Header has everything that a HEAD tells of it.
type thing struct {
	body     []byte
	header   http.Header
	tags     url.Values
	etag     string
	class    string
	modified time.Time
}

// cloud is a server in memory that has habits of AWS which no server at hand has:
// ETags that are no MD5 where a key of KMS encrypts, copies that lose keys and website
// redirects. A test may have it answer wrongly.
type cloud struct {
	mu     sync.Mutex
	things map[string]*thing // by bucket/key
	kms    int
	url    string
	// answers may take a request on itself.
	answers func(w http.ResponseWriter, r *http.Request) bool
	// keeps is called with every object that is written.
	keeps func(path string, t *thing)
	// requests counts by method and kind.
	requests map[string]int
	// tag makes the ETag, where it is not the MD5.
	tag func(t *thing) string
}

const (
	sseHeader      = "X-Amz-Server-Side-Encryption"
	sseKeyHeader   = "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"
	redirectHeader = "X-Amz-Website-Redirect-Location"
	sourceHeader   = "X-Amz-Copy-Source"
)

func newCloud(t testing.TB) *cloud {
	t.Helper()
	c := &cloud{things: map[string]*thing{}, requests: map[string]int{}}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

// job is a copy from src to dst.
func (c *cloud) job(t testing.TB) datamove.Job {
	t.Helper()
	access := func(bucket string) datamove.Access {
		return datamove.Access{Endpoint: datamove.Endpoint{URL: "s3://" + bucket + "?endpoint=" + c.url + "&region=us-east-1"}, Secret: "id:secret"}
	}
	return datamove.Job{ID: "test", From: access("src"), To: access("dst"), Now: time.Now, StateDir: t.TempDir()}
}

// behave has the cloud answer by itself again.
func (c *cloud) behave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers = nil
}

// put puts an object with headers, given as pairs.
func (c *cloud) put(path, body string, pairs ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := &thing{body: []byte(body), header: http.Header{}, tags: url.Values{}}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == "tag" {
			o.tags.Set(pairs[i+1], pairs[i+1])
			continue
		}
		o.header.Set(pairs[i], pairs[i+1])
	}
	c.keep(path, o)
}

// keep stores an object. The lock must be held.
func (c *cloud) keep(path string, o *thing) {
	if o.header.Get("Content-Type") == "" {
		o.header.Set("Content-Type", "binary/octet-stream")
	}
	digest := md5.Sum(o.body)
	if strings.HasPrefix(o.header.Get(sseHeader), "aws:kms") {
		c.kms++
		digest = md5.Sum(fmt.Append(nil, "no content ", c.kms))
	}
	o.etag = hex.EncodeToString(digest[:])
	if c.tag != nil {
		o.etag = c.tag(o)
	}
	o.class, o.modified = o.header.Get("X-Amz-Storage-Class"), time.Now()
	if c.keeps != nil {
		c.keeps(path, o)
	}
	c.things[path] = o
}

// see is an object, nil when there is none.
func (c *cloud) see(path string) *thing {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.things[path]
}

// ServeHTTP implements http.Handler.
func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	answers := c.answers
	c.mu.Unlock()
	if answers != nil && answers(w, r) {
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/")
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	kind := r.Method
	switch {
	case !strings.Contains(strings.Trim(path, "/"), "/"):
		kind += " bucket"
		c.bucket(w, r, strings.Trim(path, "/"))
	case r.URL.Query().Has("tagging"):
		kind += " tags"
		c.tagging(w, path)
	case r.Method == http.MethodPut:
		if r.Header.Get(sourceHeader) != "" {
			kind += " copy"
		}
		c.write(w, r, path, body)
	case r.Method == http.MethodDelete:
		delete(c.things, path)
		w.WriteHeader(http.StatusNoContent)
	default:
		c.read(w, r, path)
	}
	c.requests[kind]++
}

func (c *cloud) bucket(w http.ResponseWriter, r *http.Request, name string) {
	if r.Method == http.MethodHead {
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	prefix := name + "/" + r.URL.Query().Get("prefix")
	_, _ = fmt.Fprintf(w, `<ListBucketResult><Name>%s</Name><IsTruncated>false</IsTruncated><EncodingType>url</EncodingType>`, name)
	for _, path := range slices.Sorted(maps.Keys(c.things)) {
		if o := c.things[path]; strings.HasPrefix(path, prefix) {
			_, _ = fmt.Fprintf(w, `<Contents><Key>%s</Key><LastModified>%s</LastModified><ETag>&#34;%s&#34;</ETag><Size>%d</Size><StorageClass>%s</StorageClass></Contents>`,
				url.QueryEscape(path[len(name)+1:]), o.modified.UTC().Format("2006-01-02T15:04:05.000Z"), o.etag, len(o.body), cmp.Or(o.class, "STANDARD"))
		}
	}
	_, _ = io.WriteString(w, `</ListBucketResult>`)
}

func (c *cloud) tagging(w http.ResponseWriter, path string) {
	o := c.things[path]
	if o == nil {
		refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	_, _ = io.WriteString(w, `<Tagging><TagSet>`)
	for _, key := range slices.Sorted(maps.Keys(o.tags)) {
		_, _ = io.WriteString(w, `<Tag><Key>`)
		_ = xml.EscapeText(w, []byte(key))
		_, _ = io.WriteString(w, `</Key><Value>`)
		_ = xml.EscapeText(w, []byte(o.tags.Get(key)))
		_, _ = io.WriteString(w, `</Value></Tag>`)
	}
	_, _ = io.WriteString(w, `</TagSet></Tagging>`)
}

// kept says whether a header goes with an object.
func kept(name string) bool {
	switch name {
	case "Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires",
		sseHeader, sseKeyHeader, redirectHeader, "X-Amz-Storage-Class":
		return true
	}
	return strings.HasPrefix(name, "X-Amz-Meta-")
}

func (c *cloud) write(w http.ResponseWriter, r *http.Request, path string, body []byte) {
	o := &thing{body: body, header: http.Header{}, tags: url.Values{}}
	for name, values := range r.Header {
		if kept(name) {
			o.header[name] = values
		}
	}
	if source := r.Header.Get(sourceHeader); source != "" {
		from, _ := url.PathUnescape(source)
		given := c.things[from]
		if given == nil {
			refuse(w, http.StatusNotFound, "NoSuchKey")
			return
		}
		if want := r.Header.Get("X-Amz-Copy-Source-If-Match"); want != "" && strings.Trim(want, `"`) != given.etag {
			refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
			return
		}
		o.body, o.tags = given.body, given.tags
		for name, values := range given.header {
			if o.header[name] == nil && !strings.HasPrefix(name, sseHeader) && name != redirectHeader && name != "X-Amz-Storage-Class" {
				o.header[name] = values
			}
		}
		c.keep(path, o)
		_, _ = fmt.Fprintf(w, `<CopyObjectResult><ETag>"%s"</ETag></CopyObjectResult>`, o.etag)
		return
	}
	o.tags, _ = url.ParseQuery(r.Header.Get("X-Amz-Tagging"))
	c.keep(path, o)
	w.Header().Set("ETag", `"`+o.etag+`"`)
}

func (c *cloud) read(w http.ResponseWriter, r *http.Request, path string) {
	o := c.things[path]
	if o == nil {
		refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	if want := r.Header.Get("If-Match"); want != "" && strings.Trim(want, `"`) != o.etag {
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	maps.Copy(w.Header(), o.header)
	if o.header.Get("Content-Type") == "" {
		w.Header()["Content-Type"] = nil // nor guess one
	}
	w.Header().Set("ETag", `"`+o.etag+`"`)
	w.Header().Set("Content-Length", fmt.Sprint(len(o.body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(o.body)
	}
}

// refuse answers with an error.
func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `<Error><Code>`+code+`</Code><Message>m</Message></Error>`)
}
