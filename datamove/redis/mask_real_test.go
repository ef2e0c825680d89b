//go:build real

package redis

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/storetest"
)

// testMasker masks keys that begin with "user:"; a hash's field "mail" alone, and
// all values otherwise. What begins with "drop:" becomes null.
type testMasker struct{}

func (testMasker) Column(string, string, string) datamove.Transform { return nil }
func (testMasker) Object(string) datamove.Transform                 { return nil }
func (testMasker) Fingerprint() string                              { return "test" }

func (testMasker) Key(key string) datamove.KeyMask {
	switch {
	case strings.HasPrefix(key, "user:"):
		return testMask{}
	case strings.HasPrefix(key, "drop:"):
		return testMask{null: true}
	}
	return nil
}

type testMask struct{ null bool }

func (m testMask) Field(name string) datamove.Transform {
	if name != "mail" && !strings.HasPrefix(name, "mail ") && !m.null {
		return nil
	}
	return testTransform(m)
}
func (m testMask) Value() datamove.Transform { return testTransform(m) }

type testTransform struct{ null bool }

func (m testTransform) As() string { return "text" }
func (m testTransform) Mask(dst, value []byte) ([]byte, bool, error) {
	// Members "x1" and "x2" become the same.
	return append(dst, bytes.ToUpper(bytes.TrimRight(value, "12"))...), m.null, nil
}

func TestMasked(t *testing.T) {
	for _, bigKey := range []int64{0, 1} {
		t.Run(fmt.Sprint(bigKey), func(t *testing.T) {
			from, to := storetest.Redis(t), storetest.Redis(t)
			a, b := client(t, from, 0), client(t, to, 0)
			must(t, a, "set", "user:s", "canary", "px", 100_000)
			must(t, a, "set", "other", "canary")
			must(t, a, "hset", "user:h", "mail", "canary@example.org", "n", "canary")
			must(t, a, "rpush", "user:l", "x1", "x2", "y")
			must(t, a, "sadd", "user:set", "x1", "x2", "y")
			must(t, a, "zadd", "user:z", 1, "x1", 3, "x2", 2, "y")
			must(t, a, "xadd", "user:x", "1-1", "mail", "canary", "n", "canary")
			must(t, a, "set", "drop:s", "canary")
			must(t, a, "set", "drop:long", strings.Repeat("x", 100_000))
			must(t, a, "sadd", "drop:set", "canary")
			for i := range 3000 {
				must(t, a, "hset", "user:big:h", fmt.Sprint("mail ", i), "canary canary canary canary", fmt.Sprint("n", i), "canary")
				must(t, a, "sadd", "user:big:set", fmt.Sprint("x", i, " canary canary canary"))
				must(t, a, "rpush", "drop:big", "canary canary canary canary canary canary")
			}
			must(t, a, "set", "user:long", strings.Repeat("canary ", 20_000))
			j := job(t, from, to)
			j.Mask, j.Store.Redis.BigKey = testMasker{}, bigKey
			part := copied(t, j)
			got := dumpAll(t, b)
			for k, v := range got {
				if strings.HasPrefix(k, "drop") {
					t.Errorf("%s is there: %s", k, v)
				}
			}
			for k, want := range map[string]string{
				"user:s":   `string expires=true "CANARY"`,
				"other":    `string expires=false "canary"`,
				"user:l":   `list expires=false ["X" "X" "Y"]`,
				"user:set": `set expires=false ["X" "Y"]`,
				"user:z":   `zset expires=false [{'\x02' "Y"} {'\x03' "X"}]`,
				"user:h":   `hash expires=false map["mail":"CANARY@EXAMPLE.ORG" "n":"canary"]`,
			} {
				if !strings.HasPrefix(k, "user:z") && got[k] != want {
					t.Errorf("%s is %s, want %s", k, got[k], want)
				}
			}
			if got := must(t, b, "zscore", "user:z", "X"); got != "3" {
				t.Errorf("the score is %v", got)
			}
			if got := fmt.Sprint(must(t, b, "xrange", "user:x", "-", "+")); got != "[[1-1 [mail CANARY n canary]]]" {
				t.Errorf("the stream is %s", got)
			}
			if strings.Contains(must(t, b, "hget", "user:big:h", "mail 77").(string), "canary") {
				t.Error("a field of a big hash is not masked")
			}
			counts := map[string]int64{}
			for _, m := range part.Masked {
				counts[m.Field] += m.Count
			}
			if counts["user:l"] != 3 || counts["user:big:h"] != 3000 {
				t.Errorf("masked: %v", counts)
			}
			verified, err := New().Verify(t.Context(), j, nil)
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, verified)
			must(t, b, "hset", "user:big:h", "mail 77", "canary")
			if verified, err = New().Verify(t.Context(), j, nil); err != nil || len(verified.Differences) != 1 {
				t.Errorf("an unmasked value is not found: %+v, %v", verified.Differences, err)
			}
		})
	}
}

func TestFields(t *testing.T) {
	from := storetest.Redis(t)
	a := client(t, from, 0)
	for i := range 50 {
		must(t, a, "hset", fmt.Sprint("user:", i), "mail", "canary@example.org", "n", i)
		must(t, a, "set", fmt.Sprintf("session:%08x-1111-2222-3333-%012x", i*7919, i), `{"user":{"email":"canary@example.org"},"items":[{"name":"canary"}]}`)
	}
	for i := range 3000 {
		must(t, a, "hset", "phones", fmt.Sprint("number of ", i), "0123456789012345678901234567890")
	}
	p := a.Pipeline()
	for i := range 25_000 {
		p.Set(t.Context(), fmt.Sprint("page:", i), "", 0)
	}
	p.Set(t.Context(), "rare:1", "canary@example.org", 0)
	if _, err := p.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	j := job(t, from, from)
	found, err := New().Fields(t.Context(), j, 3)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, f := range found {
		if f.Name != "phones" {
			got[f.Name+" "+f.Path+" "+f.Type] = len(f.Samples)
		} else {
			got[f.Name]++
		}
	}
	if got["phones"] < 100 {
		t.Errorf("%d fields of a large hash", got["phones"])
	}
	delete(got, "phones")
	want := map[string]int{
		"user:* mail hash": 3, "user:* n hash": 3, "session:* $.user.email string": 3, "session:* $.items[*].name string": 3,
		"page:*  string": 3, "rare:*  string": 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
