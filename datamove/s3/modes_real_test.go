//go:build real

package s3

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// targetKeys are the keys of the target's bucket, in order.
func (r *rig) targetKeys(t testing.TB) []string {
	t.Helper()
	var keys []string
	for key := range r.look(t, "dst") {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// TestExisting goes through what may be in the target already.
func TestExisting(t *testing.T) {
	r := newRig(t, storetest.S3(t))
	for _, key := range []string{"in/a", "in/b", "in/c"} {
		r.put(t, "src", key, []byte(key))
	}
	r.put(t, "dst", "out/in/a", []byte("in/a"))
	r.put(t, "dst", "out/in/b", []byte("somebody's"))
	r.put(t, "dst", "out/extra", []byte("somebody's"))
	r.put(t, "dst", "outside", []byte("somebody's"))
	j := r.job(t)
	j.To = r.access("dst/out")
	before := r.look(t, "dst")

	if p, err := adapter().Copy(t.Context(), j, nil); !refused(err) || p.Verdict != datamove.Refused {
		t.Errorf("fail: %s, %v", p.Verdict, err)
	}
	if diff := cmp.Diff(before, r.look(t, "dst")); diff != "" {
		t.Errorf("a refused copy changed:\n%s", diff)
	}
	j.Store.Existing, j.Store.S3 = datamove.ExistingReplace, datamove.S3{Delete: true, MaxDelete: 1}
	r.put(t, "dst", "out/extra2", []byte("x"))
	if _, err := adapter().Copy(t.Context(), j, nil); !refused(err) || len(r.targetKeys(t)) != 5 {
		t.Errorf("more to remove than allowed: %v, %v", err, r.targetKeys(t))
	}
	j.Store.S3 = datamove.S3{}
	p := copied(t, adapter(), j)
	if p.Units[0].Copied != 2 {
		t.Errorf("replace copied %+v", p.Units)
	}
	if len(r.targetKeys(t)) != 6 {
		t.Errorf("replace left %v", r.targetKeys(t))
	}
	j.Store.S3 = datamove.S3{Delete: true, MaxDelete: 2}
	copied(t, adapter(), j)
	if diff := cmp.Diff([]string{"out/in/a", "out/in/b", "out/in/c", "outside"}, r.targetKeys(t)); diff != "" {
		t.Errorf("after the delete (-want +got):\n%s", diff)
	}
}

// TestNothingToDo wants two listings and nothing else of a second run.
func TestNothingToDo(t *testing.T) {
	r := newRig(t, storetest.S3(t))
	r.fill(t, 1500, 6)
	copied(t, adapter(), r.job(t))
	var lists, others atomic.Int64
	r.through(t, func(req *http.Request) fate {
		if req.URL.Query().Get("list-type") == "2" {
			lists.Add(1)
		} else if req.Method != http.MethodHead || strings.Count(req.URL.Path, "/") > 1 && len(req.URL.Path) > 5 {
			others.Add(1)
		}
		return forward
	})
	p := copied(t, adapter(), r.job(t))
	if p.Units[0].Copied != 0 || p.Units[0].Source.Items != 1500 || lists.Load() != 5 || others.Load() != 0 {
		t.Errorf("%d pages of listings, %d other requests, %+v", lists.Load(), others.Load(), p.Units)
	}
}

// TestVerify narrows every kind of difference to its object.
func TestVerify(t *testing.T) {
	r := newRig(t, storetest.S3(t))
	big := make([]byte, 6<<20)
	for _, key := range []string{"p/same", "p/content", "p/size", "p/missing", "p/meta", "p/tags"} {
		r.put(t, "src", key, []byte(key), decorate)
	}
	for _, key := range []string{"p/layout", "p/layout-meta"} {
		r.putParts(t, key, big, []int{5 << 20, 1 << 20}, func(in *s3.CreateMultipartUploadInput) { in.ContentType = aws.String("x/y") })
	}
	copied(t, adapter(), r.job(t))
	r.put(t, "dst", "p/content", []byte("P/CONTENT"), decorate)
	r.put(t, "dst", "p/size", []byte("longer than before"), decorate)
	r.put(t, "dst", "p/extra", nil)
	r.put(t, "dst", "p/meta", []byte("p/meta"), decorate, func(in *s3.PutObjectInput) { in.Metadata = map[string]string{"canary": "x"} })
	r.put(t, "dst", "p/tags", []byte("p/tags"), decorate, func(in *s3.PutObjectInput) { in.Tagging = nil })
	if _, err := r.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("dst"), Key: aws.String("p/missing")}); err != nil {
		t.Fatal(err)
	}
	typed := func(in *s3.PutObjectInput) { in.ContentType = aws.String("x/y") }
	r.put(t, "dst", "p/layout", big, typed) // the same bytes in one part
	r.put(t, "dst", "p/layout-meta", big, typed, func(in *s3.PutObjectInput) { in.Metadata = map[string]string{"canary": "x"} })
	p, err := adapter().Verify(t.Context(), r.job(t), nil)
	if err != nil || p.Verdict != datamove.Different {
		t.Fatalf("%s, %v", p.Verdict, err)
	}
	got := map[string]string{}
	for _, d := range p.Differences {
		got[d.ID] = d.What + " " + d.Detail
		if strings.Contains(d.Detail, "canary") {
			t.Errorf("a difference tells a value: %s", d.Detail)
		}
	}
	want := map[string]string{
		"p/layout-meta": "changed user metadata",
		"p/content":     "changed content", "p/size": "changed ", "p/missing": "missing ", "p/extra": "extra ", "p/meta": "changed user metadata", "p/tags": "changed tags",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
}

// TestMasked masks JSON, compares it, and refuses to let out what it cannot mask.
func TestMasked(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *storetest.S3Server{
		"versitygw": func(t testing.TB) *storetest.S3Server { return storetest.S3(t) }, "moto": storetest.Moto,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, start(t))
			r.put(t, "src", "json/a", []byte(`{"email":"canary@example.com"}`), decorate)
			r.put(t, "src", "plain", []byte("x"))
			j := r.job(t)
			j.Mask = shouting{}
			p := copied(t, adapter(), j)
			if diff := cmp.Diff([]datamove.Masked{{Field: "json/*", As: "upper", Count: 1}}, p.Masked); diff != "" {
				t.Errorf("masked (-want +got):\n%s", diff)
			}
			if got := r.see(t, "dst", "json/a"); got.Body != hashOf([]byte(`{"EMAIL":"CANARY@EXAMPLE.COM"}`)) || !strings.Contains(got.Tags, "team") {
				t.Errorf("masked object %+v", got)
			}
			j.Store.Existing, j.StateDir = datamove.ExistingReplace, t.TempDir()
			if p = copied(t, adapter(), j); p.Masked != nil {
				t.Errorf("a second run masked again: %+v", p.Masked)
			}
			if p, err := adapter().Verify(t.Context(), j, nil); err != nil || p.Verdict != datamove.Equal {
				t.Errorf("verify: %s, %v, %+v", p.Verdict, err, p.Differences)
			}
			r.put(t, "src", "json/broken", []byte("canary@example.com"))
			p, err := adapter().Copy(t.Context(), j, nil)
			if err == nil || p.Verdict != datamove.Incomplete || strings.Contains(fmt.Sprint(err, p), "canary@") {
				t.Errorf("an object that cannot be masked: %s, %v", p.Verdict, err)
			}
			if slices.Contains(r.targetKeys(t), "json/broken") {
				t.Error("an object that cannot be masked was copied")
			}
		})
	}
}

// TestPlan finds what would stop a copy and changes nothing.
func TestPlan(t *testing.T) {
	r := newRig(t, storetest.Moto(t))
	r.put(t, "src", "a/1", []byte("1"))
	r.put(t, "src", "a/../x", []byte("1"))
	r.put(t, "src", "cold", []byte("1"), func(in *s3.PutObjectInput) { in.StorageClass = types.StorageClassGlacier })
	r.put(t, "dst", "a/1", []byte("2"))
	r.put(t, "dst", "b", []byte("2"))
	before := r.look(t, "dst")
	check := func(j datamove.Job) map[string]datamove.Severity {
		t.Helper()
		p, err := adapter().Plan(t.Context(), j)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]datamove.Severity{}
		for _, f := range p.Findings {
			found[f.Check] = f.Severity
		}
		return found
	}
	want := map[string]datamove.Severity{
		"not-empty": datamove.Refusal, "archived": datamove.Refusal, "odd-keys": datamove.Warning, "extra": datamove.Note, "consistency": datamove.Note,
	}
	if diff := cmp.Diff(want, check(r.job(t))); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	for name, change := range map[string]func(*datamove.Job){
		"bucket":     func(j *datamove.Job) { j.From = r.access("nosuch") },
		"same-place": func(j *datamove.Job) { j.To = r.access("src/below") },
	} {
		j := r.job(t)
		change(&j)
		if diff := cmp.Diff(map[string]datamove.Severity{name: datamove.Refusal}, check(j)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if _, err := adapter().Copy(t.Context(), j, nil); err == nil {
			t.Errorf("%s: a copy was not refused", name)
		}
	}
	if diff := cmp.Diff(before, r.look(t, "dst")); diff != "" {
		t.Errorf("a plan changed:\n%s", diff)
	}
}

// TestWrongKeys names no secret.
func TestWrongKeys(t *testing.T) {
	r := newRig(t, storetest.S3(t))
	r.put(t, "src", "a", nil)
	j := r.job(t)
	j.To.Secret = r.AccessKey + ":canary-wrong-secret"
	p, err := adapter().Plan(t.Context(), j)
	if err != nil || len(p.Findings) != 1 || p.Findings[0].Check != "rights" || !strings.Contains(p.Findings[0].Message, "key pair") {
		t.Errorf("%+v, %v", p.Findings, err)
	}
	if _, err := adapter().Copy(t.Context(), j, nil); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("copy: %v", err)
	}
}

// TestFields samples JSON by path.
func TestFields(t *testing.T) {
	r := newRig(t, storetest.S3(t))
	r.put(t, "src", "users/1.json", []byte(`{"user":{"email":"a@example.com","tags":["x","y"]},"n":5}`))
	r.put(t, "src", "mail/1.eml", []byte("From: b@example.com"))
	fields, err := adapter().Fields(t.Context(), r.job(t), 5)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range fields {
		got[f.Name+" "+f.Path] = strings.Join(f.Samples, ",")
	}
	want := map[string]string{
		"users/* $.user.email": "a@example.com", "users/* $.user.tags[*]": "x,y", "users/* $.n": "5", "mail/* ": "From: b@example.com",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}
