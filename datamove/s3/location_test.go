package s3

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
)

func TestLocate(t *testing.T) {
	for text, want := range map[string]location{
		"s3://bucket":                                          {bucket: "bucket", virtual: true},
		"s3://bucket/a/b":                                      {bucket: "bucket", prefix: "a/b/", virtual: true},
		"s3://bucket/a%20b/?region=eu-west-1":                  {bucket: "bucket", prefix: "a b/", region: "eu-west-1", virtual: true},
		"s3://bucket?endpoint=http://127.0.0.1:7070":           {bucket: "bucket", endpoint: "http://127.0.0.1:7070"},
		"s3://bucket?endpoint=https://S3.x.com&style=virtual":  {bucket: "bucket", endpoint: "https://s3.x.com", virtual: true, styled: true},
		"s3://bucket/p?endpoint=http%3A%2F%2Flocalhost%3A7070": {bucket: "bucket", prefix: "p/", endpoint: "http://localhost:7070"},
	} {
		got, err := locate(datamove.Endpoint{URL: text})
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(location{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestLocateRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"mysql://u@h/db":                      "not an s3:// URL",
		"s3://a,b":                            "several hosts",
		"s3://b?endpoint=ftp://x":             "endpoint",
		"s3://b?endpoint=http://u:p@x":        "password",
		"s3://b?style=odd":                    "style",
		"s3://b?regoin=x":                     "unknown parameter",
		"s3://user:canary@bucket":             "password",
		"s3://b?endpoint=http://x&canary=y/z": "unknown parameter",
	} {
		if _, err := locate(datamove.Endpoint{URL: text}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestOverlaps(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want bool
	}{{"", "", true}, {"", "a/", true}, {"a/", "a/b/", true}, {"a/", "b/", false}, {"a/", "ab/", false}} {
		if got := (location{prefix: tc.a}).overlaps(location{prefix: tc.b}); got != tc.want {
			t.Errorf("%q and %q overlap: %t", tc.a, tc.b, got)
		}
	}
}

// FuzzLocate wants no panic, and a prefix that is a folder.
func FuzzLocate(f *testing.F) {
	f.Add("s3://bucket/a?endpoint=http://x")
	f.Add("s3://%zz")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := locate(datamove.Endpoint{URL: text})
		if err == nil && (l.bucket == "" || l.prefix != "" && !strings.HasSuffix(l.prefix, "/")) {
			t.Errorf("%q is %+v", text, l)
		}
	})
}

func TestStaticKeys(t *testing.T) {
	for _, secret := range []string{"canary", ":canary", "canary:", ":"} {
		if _, err := staticKeys(secret); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", secret, err)
		}
	}
	keys, err := staticKeys("id:sec/ret+=:token:more")
	if err != nil {
		t.Fatal(err)
	}
	got, err := keys.Retrieve(t.Context())
	if err != nil || got.AccessKeyID != "id" || got.SecretAccessKey != "sec/ret+=" || got.SessionToken != "token:more" {
		t.Errorf("keys %+v, %v", got, err)
	}
}

func access(url string) datamove.Access {
	return datamove.Access{Endpoint: datamove.Endpoint{URL: url}, Secret: "id:secret"}
}

// TestApart refuses one place under two names.
func TestApart(t *testing.T) {
	const all = "http://127.0.0.1:7070"
	for _, tc := range []struct {
		from, to string
		want     bool
	}{
		{"s3://a?endpoint=" + all, "s3://a?endpoint=http://localhost:7070", true},
		{"s3://a?endpoint=" + all, "s3://a?endpoint=http://[::1]:7070", true},
		{"s3://a?endpoint=" + all, "s3://a/below?endpoint=http://127.0.0.2:7070", true},
		{"s3://a/x?endpoint=" + all, "s3://a/xy?endpoint=" + all, false},
		{"s3://a?endpoint=" + all, "s3://b?endpoint=" + all, false},
		{"s3://a?endpoint=" + all, "s3://a?endpoint=http://127.0.0.1:7071", false},
		{"s3://a", "s3://a?endpoint=https://s3.eu-west-1.amazonaws.com", true},
	} {
		r, err := New(Options{}).newRun(t.Context(), datamove.Job{From: access(tc.from), To: access(tc.to), Now: time.Now}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := refuseOverlap(t.Context(), r.from, r.to); (got != nil) != tc.want {
			t.Errorf("%s and %s: %v", tc.from, tc.to, got)
		}
	}
}

// TestEndpointOfTheSDK knows a server that only the SDK's own settings name.
func TestEndpointOfTheSDK(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL", "http://localhost:7070")
	access := datamove.Access{Endpoint: datamove.Endpoint{URL: "s3://a"}, Secret: "id:secret"}
	to := datamove.Access{Endpoint: datamove.Endpoint{URL: "s3://a?endpoint=http://127.0.0.1:7070"}, Secret: "id:secret"}
	r, err := New(Options{}).newRun(t.Context(), datamove.Job{From: access, To: to, Now: time.Now}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if refuseOverlap(t.Context(), r.from, r.to) == nil || !r.from.client.Options().UsePathStyle {
		t.Errorf("%+v is not known to be the place of %+v", r.from.location, r.to.location)
	}
}
