package s3

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/datamove/checksum"
)

const (
	md5a = "5f853ab4ba46f5da5f04e29de1cbc1be"
	md5b = "5f853ab4ba46f5da5f04e29de1cbc1bf"
)

func TestRelate(t *testing.T) {
	const zeros = "00000000000000000000000000000000"
	for name, tc := range map[string]struct {
		a, b object
		want relation
	}{
		"same":                           {object{size: 1, etag: md5a}, object{size: 1, etag: md5a}, same},
		"other size":                     {object{size: 1, etag: md5a}, object{size: 2, etag: md5a}, other},
		"other content or a key of KMS":  {object{size: 1, etag: md5a}, object{size: 1, etag: md5b}, open},
		"parts and whole":                {object{size: 1, etag: md5a + "-2"}, object{size: 1, etag: md5b}, open},
		"same parts":                     {object{size: 1, etag: md5a + "-2"}, object{size: 1, etag: md5a + "-2"}, same},
		"perhaps other part sizes":       {object{size: 1, etag: md5a + "-2"}, object{size: 1, etag: md5b + "-2"}, open},
		"no ETags":                       {object{size: 1}, object{size: 1}, open},
		"the same word for every object": {object{size: 1, etag: "etag"}, object{size: 1, etag: "etag"}, open},
		"nothing but zeros":              {object{size: 1, etag: zeros}, object{size: 1, etag: zeros}, open},
		"nothing but zeros, in parts":    {object{size: 1, etag: zeros + "-1"}, object{size: 1, etag: zeros + "-1"}, open},
	} {
		if got := relate(&tc.a, &tc.b); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
}

func TestPartsOf(t *testing.T) {
	for etag, want := range map[string]int{md5a: 0, md5a + "-3": 3, md5a + "-0": 0, md5a + "-x": 0, "odd-3": 0, "": 0, md5a + "-10000": 10000} {
		if got := partsOf(etag); got != want {
			t.Errorf("partsOf(%q) is %d", etag, got)
		}
	}
}

func TestParts(t *testing.T) {
	if diff := cmp.Diff([]int64{5, 5, 3}, evenly(13, 5)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int64{5, 5}, evenly(10, 5)); diff != "" {
		t.Error(diff)
	}
	if got := likelyPart(20<<20, 3); got != 8<<20 {
		t.Errorf("20 MiB in 3 parts: %d", got)
	}
	for range 1000 {
		size := rand.Int64N(5 << 40)
		if n := len(evenly(size, usualPart(size))); n > partLimit {
			t.Fatalf("%d bytes in %d parts", size, n)
		}
	}
}

// TestSumsDoNotDependOnOrder and differ with every attribute.
func TestSumsDoNotDependOnOrder(t *testing.T) {
	var a, b checksum.Sum
	a.Add(objectSum("x", 1, md5a))
	a.Add(objectSum("y", 2, md5b))
	b.Add(objectSum("y", 2, md5b))
	b.Add(objectSum("x", 1, md5a))
	if a.Report() != b.Report() {
		t.Errorf("%+v and %+v", a.Report(), b.Report())
	}
	seen := map[datamove.Sum]bool{}
	for _, o := range []object{{rel: "x", size: 1, etag: md5a}, {rel: "y", size: 1, etag: md5a}, {rel: "x", size: 2, etag: md5a}, {rel: "x", size: 1, etag: md5b}} {
		seen[objectSum(o.rel, o.size, o.etag).Report()] = true
	}
	if len(seen) != 4 {
		t.Errorf("%d sums of four objects", len(seen))
	}
}

func TestUnits(t *testing.T) {
	var u units
	u.begin()
	u.equal("a/1", 1, md5a)
	u.equal("root", 2, md5a)
	u.wrote("a/1")
	u.differ("b/2", &object{size: 3}, nil)
	got := map[string]bool{}
	for _, one := range u.report() {
		got[one.Name] = one.Equal
	}
	if diff := cmp.Diff(map[string]bool{"a/": true, "/": true, "b/": false}, got); diff != "" {
		t.Error(diff)
	}
	for i := range 300 {
		u.equal(string(rune('A'+i))+"/x", 1, md5a)
	}
	if n := len(u.report()); n > unitMost+1 {
		t.Errorf("%d units", n)
	}
}
