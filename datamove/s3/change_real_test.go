//go:build real

package s3

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// TestSourceChanges overwrites each object of the source when it is first read, removes
// one and adds another; the target must end with what the source has then.
func TestSourceChanges(t *testing.T) {
	for name, streamed := range map[string]bool{"server-side": false, "streamed": true} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, storetest.S3(t))
			before, after := bytes.Repeat([]byte("before"), 1<<20), bytes.Repeat([]byte("after!"), 1<<20)
			r.put(t, "src", "small", before[:600])
			r.put(t, "src", "json/masked", []byte(`{"a":"before"}`))
			r.put(t, "src", "removed", before[:600])
			r.putParts(t, "parts", before, []int{5 << 20, 1 << 20})
			var mu sync.Mutex
			seen := map[string]bool{}
			r.through(t, func(req *http.Request) fate {
				mu.Lock()
				defer mu.Unlock()
				key := strings.TrimPrefix(req.URL.Path, "/src/")
				if source := req.Header.Get("X-Amz-Copy-Source"); source != "" {
					key = strings.TrimPrefix(source, "src/")
				} else if req.Method != http.MethodGet || key == req.URL.Path || key == "" {
					return forward
				}
				if seen[key] {
					return forward
				}
				seen[key] = true
				switch key {
				case "small":
					r.put(t, "src", key, after[:600])
					r.put(t, "src", "added", after[:600])
				case "parts":
					r.putParts(t, key, after, []int{5 << 20, 1 << 20})
				case "json/masked":
					r.put(t, "src", key, []byte(`{"a":"after!"}`))
				case "removed":
					_, _ = r.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("src"), Key: &key})
				}
				return forward
			})
			j := r.job(t)
			j.Store.S3.Streamed, j.Mask = streamed, shouting{}
			copied(t, adapter(), j)
			want := map[string]string{
				"small": hashOf(after[:600]), "added": hashOf(after[:600]), "parts": hashOf(after), "json/masked": hashOf([]byte(`{"A":"AFTER!"}`)),
			}
			got := map[string]string{}
			for key, s := range r.look(t, "dst") {
				got[key] = s.Body
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			r.noUploads(t)
		})
	}
}

// TestTooBigForOneRequest copies an object in parts that was put whole, as one of more
// than 5 GiB must be, and finds nothing to do afterwards.
func TestTooBigForOneRequest(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *storetest.S3Server{
		"versitygw": func(t testing.TB) *storetest.S3Server { return storetest.S3(t) }, "moto": storetest.Moto,
	} {
		for _, streamed := range []bool{false, true} {
			t.Run(fmt.Sprint(name, streamed), func(t *testing.T) {
				r := newRig(t, start(t))
				r.put(t, "src", "big", bytes.Repeat([]byte("0123456789abcdef"), 20<<16), decorate)
				a := New(Options{CopyLimit: 6 << 20})
				j := r.job(t)
				j.Store.S3.Streamed = streamed
				copied(t, a, j)
				want, got := r.see(t, "src", "big"), r.see(t, "dst", "big")
				if want.Body != got.Body || want.Tags != got.Tags || want.Meta != got.Meta || !strings.Contains(got.Type, "-2") {
					t.Errorf("want %+v, got %+v", want, got)
				}
				j.StateDir = t.TempDir()
				if p := copied(t, a, j); p.Units[0].Copied != 0 {
					t.Errorf("a second run copied %+v", p.Units)
				}
			})
		}
	}
}

// TestVersions copies what a versioned bucket has now: no old versions, nothing that
// a delete marker hides.
func TestVersions(t *testing.T) {
	r := newRig(t, storetest.Moto(t))
	for _, bucket := range []string{"src", "dst"} {
		_, err := r.client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
			Bucket: &bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	r.put(t, "src", "a", []byte("old"), decorate)
	r.put(t, "src", "a", []byte("new"), decorate)
	r.put(t, "src", "hidden", []byte("x"))
	r.put(t, "dst", "gone", []byte("x"))
	if _, err := r.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("src"), Key: aws.String("hidden")}); err != nil {
		t.Fatal(err)
	}
	j := r.job(t)
	j.Store.S3.Delete = true
	p := copied(t, adapter(), j)
	if diff := cmp.Diff(r.look(t, "src"), r.look(t, "dst")); diff != "" || !strings.Contains(p.LeftOut[0].What, "old versions") {
		t.Errorf("left out %+v (-want +got):\n%s", p.LeftOut, diff)
	}
}

// TestPrefixes copies from and to every kind of prefix, and nothing beside.
func TestPrefixes(t *testing.T) {
	r := newRig(t, storetest.Moto(t))
	for _, key := range []string{"a/1", "a/b/2", "ab/3", "a", "a/"} {
		r.put(t, "src", key, []byte(key[:len(key)/2]))
	}
	for name, tc := range map[string]struct {
		from, to string
		want     []string
	}{
		"all to all":       {"src", "dst", []string{"a", "a/", "a/1", "a/b/2", "ab/3"}},
		"all below":        {"src", "dst/x", []string{"x/a", "x/a/", "x/a/1", "x/a/b/2", "x/ab/3"}},
		"a folder to all":  {"src/a", "dst", []string{"1", "b/2"}},
		"with a slash":     {"src/a/", "dst/x/", []string{"x/", "x/1", "x/b/2"}},
		"a folder in it":   {"src/a/b", "dst/a", []string{"a/2"}},
		"nothing is there": {"src/none", "dst", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r.empty(t, "dst")
			r.put(t, "dst", "xy", []byte("somebody's"))
			r.put(t, "dst", "zz/1", []byte("somebody's"))
			j := r.job(t)
			j.From, j.To = r.access(tc.from), r.access(tc.to)
			copied(t, adapter(), j)
			want := append(slices.Clone(tc.want), "xy", "zz/1")
			slices.Sort(want)
			if diff := cmp.Diff(want, r.targetKeys(t)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
