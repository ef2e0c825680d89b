package datamove

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// addressCase is an endpoint, and what it is taken apart into.
type addressCase struct {
	url  string
	ca   string
	want Address
}

func addressCases() []addressCase {
	return []addressCase{
		{"mysql://root@db/shop", "", Address{Store: StoreMySQL, User: "root", Hosts: []string{"db:3306"}, Path: "shop"}},
		{"mariadb://db", "", Address{Store: StoreMySQL, Hosts: []string{"db:3306"}}},
		{"MySQL://db", "", Address{Store: StoreMySQL, Hosts: []string{"db:3306"}}},
		{"mysql://u%40corp@[::1]:3307/", "", Address{Store: StoreMySQL, User: "u@corp", Hosts: []string{"[::1]:3307"}}},
		{"mysql://[fe80::1]/shop", "", Address{Store: StoreMySQL, Hosts: []string{"[fe80::1]:3306"}, Path: "shop"}},
		{"mysql://db/shop", "ca.pem", Address{Store: StoreMySQL, Hosts: []string{"db:3306"}, Path: "shop", TLS: true}},
		{"mysql://db?tls=true", "", Address{Store: StoreMySQL, Hosts: []string{"db:3306"}, TLS: true, Query: url.Values{"tls": {"true"}}}},
		{"mysql://db?tls=false", "", Address{Store: StoreMySQL, Hosts: []string{"db:3306"}, Query: url.Values{"tls": {"false"}}}},
		{"redis://10.0.0.1:7000/3", "", Address{Store: StoreRedis, Hosts: []string{"10.0.0.1:7000"}, Path: "3"}},
		{"rediss://cache", "", Address{Store: StoreRedis, Hosts: []string{"cache:6379"}, TLS: true}},
		{"redis://a:1,b,c:3?cluster=true", "", Address{Store: StoreRedis, Hosts: []string{"a:1", "b:6379", "c:3"}, Query: url.Values{"cluster": {"true"}}}},
		{"redis://[::1]:7000,[::2]:7001", "", Address{Store: StoreRedis, Hosts: []string{"[::1]:7000", "[::2]:7001"}}},
		{"redis://a,[::2]", "", Address{Store: StoreRedis, Hosts: []string{"a:6379", "[::2]:6379"}}},
		{"s3://bucket/pre/fix?region=eu-west-1", "", Address{Store: StoreS3, Hosts: []string{"bucket"}, Path: "pre/fix", Query: url.Values{"region": {"eu-west-1"}}}},
		{"s3://bucket.with.dots", "", Address{Store: StoreS3, Hosts: []string{"bucket.with.dots"}}},
		{"s3://b?endpoint=http://127.0.0.1:7070", "", Address{Store: StoreS3, Hosts: []string{"b"}, Query: url.Values{"endpoint": {"http://127.0.0.1:7070"}}}},
	}
}

func TestAddress(t *testing.T) {
	for _, tc := range addressCases() {
		t.Run(tc.url, func(t *testing.T) {
			got, err := Endpoint{URL: tc.url, CA: tc.ca}.Address()
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Query) == 0 {
				got.Query = nil
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAddressThatIsNone(t *testing.T) {
	for raw, want := range map[string]string{
		"":                                  "begins with",
		"db:3306":                           "",
		"postgres://db":                     "postgres",
		"mysql:///shop":                     "no host",
		"mysql:shop":                        "no host",
		"mysql://u:canary@db/x":             "password",
		"mysql://:canary@db/x":              "password",
		"mysql://u:@db/x":                   "password",
		"redis://u:canary@a:1,b:2":          "password",
		"mysql://u:can%zzary@db":            "",
		"mysql://u:canary@db:port/x":        "",
		"u:canary@db":                       "",
		"canary://x":                        "begins with",
		"mysql://a,b/x":                     "several",
		"s3://a,b":                          "several",
		"redis://a,,b":                      "no host",
		"redis://a:1,b:canary":              "",
		"redis://a:1:2":                     "",
		"mysql://db:99999/x":                "port",
		"mysql://db:0/x":                    "port",
		"redis://a:70000,b:1":               "port",
		"mysql://:3306/x":                   "no host",
		"s3://bucket:9000/x":                "port",
		"mysql://db/x?password=canary":      "password",
		"redis://db?Password=canary":        "password",
		"s3://b?secret_access_key=canary":   "password",
		"s3://b?x=1;secret=canary":          "",
		"mysql://db/shop#canary":            "#",
		"s3://b?endpoint=http://u:canary@h": "password",
	} {
		_, err := Endpoint{URL: raw}.Address()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", raw, err, want)
			continue
		}
		if strings.Contains(err.Error(), "canary") && raw != "canary://x" {
			t.Errorf("%s: the error repeats it: %v", raw, err)
		}
	}
}

// FuzzAddress says that a password is never repeated and that hosts have what a dialer
// needs.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"mysql://u@h:1/d", "redis://a,b:2?cluster=true", "s3://b/p?region=x", "rediss://[::1]", "mysql://u:p@h"} {
		f.Add(s, "hunter2")
	}
	f.Fuzz(func(t *testing.T, raw, word string) {
		if a, err := (Endpoint{URL: raw}).Address(); err == nil {
			for _, h := range a.Hosts {
				if h == "" || a.Store != StoreS3 && !strings.Contains(h, ":") {
					t.Errorf("%q: host %q", raw, h)
				}
			}
		}
		word = "canary" + word
		for _, scheme := range []string{"mysql", "redis", "s3", "other", ""} {
			u := url.URL{Scheme: scheme, User: url.UserPassword("u", word), Host: "h", Path: raw}
			if _, err := (Endpoint{URL: u.String()}).Address(); err == nil || strings.Contains(err.Error(), "canary") {
				t.Errorf("%s: %v", u.String(), err)
			}
			if _, err := (Endpoint{URL: scheme + "://u:" + word + "@" + raw}).Address(); err != nil && strings.Contains(err.Error(), word) {
				t.Errorf("%s, %q: %v", scheme, raw, err)
			}
		}
	})
}
