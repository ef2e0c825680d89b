package s3

import (
	"net/url"
	"strings"
	"testing"
)

func TestCopySource(t *testing.T) {
	for key, want := range map[string]string{
		"plain/key.txt": "b/plain/key.txt",
		"a b":           "b/a%20b",
		"a+b":           "b/a%2Bb",
		"a%2Fb":         "b/a%252Fb",
		"q?versionId=x": "b/q%3FversionId%3Dx",
		"nb\u00a0sp":    "b/nb%C2%A0sp",
		"new\nline":     "b/new%0Aline",
	} {
		if got := copySource("b", key); got != want {
			t.Errorf("copySource(%q) is %q, want %q", key, got, want)
		}
	}
}

// FuzzKey wants that a key survives the header and the listing, whatever it holds.
func FuzzKey(f *testing.F) {
	for _, key := range []string{"a b", "a+b", "a%b", "x//y", "\x00\xff", "é®\u00a0"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		source := copySource("bucket", key)
		for _, decode := range []func(string) (string, error){url.PathUnescape, url.QueryUnescape} {
			if got, err := decode(source); err != nil || got != "bucket/"+key {
				t.Errorf("%q came out of the header as %q, %v", key, got, err)
			}
		}
		if got, err := listedKey(url.QueryEscape(key), true); err != nil || got != key {
			t.Errorf("%q was listed as %q, %v", key, got, err)
		}
		if got, err := listedKey(key, false); err != nil || got != key {
			t.Errorf("%q was listed as %q, %v", key, got, err)
		}
		if plain := strings.Trim(key, "abcdefghijklmnopqrstuvwxyz") == "" && key != "" && len(key) < 200; plain && oddity(key) != "" {
			t.Errorf("%q is odd: %s", key, oddity(key))
		}
	})
}

func TestOddity(t *testing.T) {
	for key, odd := range map[string]bool{
		"a/b": false, "dir/": false, "a b": false, "x//y": true, "./a": true, "a/../b": true, "/a": true,
		"ctl\x01": true, "bad\xff": true, strings.Repeat("k", 300): true,
	} {
		if got := oddity(key); (got != "") != odd {
			t.Errorf("oddity(%q) is %q", key, got)
		}
	}
}
