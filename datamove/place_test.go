package datamove

import (
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

// allowCase is a glob of places and a URL, and whether it is allowed.
type allowCase struct {
	glob, url string
	want      bool
}

func allowCases() []allowCase {
	return []allowCase{
		{"mysql://db.pr-*:3306/shop", "mysql://root@db.pr-1/shop", true},
		{"mysql://db.pr-*/shop_*", "mysql://db.pr-1:3306/shop_eu", true},
		{"mysql://10.0.*:3306/shop_*", "mysql://10.0.3.7/shop_1", true},
		{"mariadb://DB.pr/shop", "mysql://db.PR/shop", true},
		{"mysql://db.pr:*/*", "mysql://db.pr:3307/", true},
		{"mysql://[::1]:*/*", "mysql://[::1]:3307/x", true},
		{"redis://cache-*:70??/0", "redis://cache-1:7001,cache-2:7002/0", true},
		{"s3://shop-pr-*/*", "s3://shop-pr-1/mails/?region=eu-central-1", true},
		{"s3://shop/*?endpoint=https://minio.pr:9000", "s3://shop/x?endpoint=https://MinIO.pr:9000/", true},
		{"s3://shop/*?endpoint=https://minio.pr", "s3://shop/x?endpoint=https://minio.pr:443", true},

		// A star in a host takes no path, port or host.
		{"mysql://db.pr-*/shop", "mysql://db.pr-1:3306/live/shop", false},
		{"mysql://db.pr-*/shop", "mysql://db.pr-1.example:3307/shop", false},
		{"mysql://db.pr-1:*/shop", "mysql://db.pr-1:3306/live/shop", false},
		{"redis://cache-*:6379/0", "redis://cache-1:6379,redis.live:6379/0", false},
		{"redis://cache-*:6379/0", "redis://cache-1:7000/0", false},
		{"mysql://db.pr-*", "mysql://db.pr-1/shop", false},
		{"*", "mysql://db.pr-1/shop", false},
		// Databases and prefixes may differ in their case alone.
		{"mysql://db.pr/shop", "mysql://db.pr/Shop", false},
		// The same bucket of another server is another bucket.
		{"s3://shop/*", "s3://shop/x?endpoint=https://minio.live", false},
		{"s3://shop/*?endpoint=https://minio.pr", "s3://shop/x", false},
		{"s3://shop/*?endpoint=https://minio.pr", "s3://shop/x?endpoint=http://minio.pr", false},
		{"s3://shop/*?endpoint=https://minio.pr", "s3://shop/x?endpoint=https://minio.pr:9000", false},
		{"s3://shop/*?endpoint=https://minio.pr", "s3://shop/x?endpoint=https://minio.live", false},
		{"s3://shop/*", "s3://shop/x%3Fendpoint=https://minio.pr?endpoint=https://minio.live", false},
	}
}

// TestAllows: a target is allowed when each part of its URL is, whatever stars the
// glob has.
func TestAllows(t *testing.T) {
	for _, tc := range allowCases() {
		if got := allowed(t, tc.glob, tc.url, ""); got != tc.want {
			t.Errorf("%s allows %s: %t", tc.glob, tc.url, got)
		}
	}
}

// allowed says whether the guard lets a target through. Endpoint is what the adapter
// found behind the bucket.
func allowed(t *testing.T, glob, url, endpoint string) bool {
	t.Helper()
	p := Policy{Targets: []Target{{Allow: []string{glob}}}}
	for _, f := range p.Guards("", Store{To: Endpoint{URL: url}}, Plan{To: Server{Fingerprint: "f", Endpoint: endpoint}}) {
		if f.Check == guardTarget {
			if hint := strings.Split(f.Hint, "'")[1]; !allowedBy(hint, url, endpoint) {
				t.Errorf("%s is refused, and the hint's %s does not allow it", url, hint)
			}
			return false
		}
	}
	return true
}

func allowedBy(glob, url, endpoint string) bool {
	p := Policy{Targets: []Target{{Allow: []string{glob}}}}
	a, err := Endpoint{URL: url}.Address()
	return err == nil && p.allows("", a.at(endpoint))
}

// TestEndpointOfTheSettings: what the SDK's own settings name counts as if the URL
// named it.
func TestEndpointOfTheSettings(t *testing.T) {
	if allowed(t, "s3://shop/*", "s3://shop/x", "http://minio.live") {
		t.Error("a bucket is allowed whatever server the settings name")
	}
	if !allowed(t, "s3://shop/*?endpoint=http://minio.pr", "s3://shop/x", "http://minio.pr") {
		t.Error("the server of the settings cannot be allowed")
	}
}

// TestLooksLikeProduction: names are compared without ports, in any case, and the
// server of a bucket counts.
func TestLooksLikeProduction(t *testing.T) {
	for _, tc := range []struct{ glob, url string }{
		{"PROD-*", "mysql://prod-1/shop"},
		{"*Live*", "mysql://db/shop_live"},
		{"prod-db", "mysql://Prod-DB:3307/shop"},
		{"prod-db:3307", "mysql://prod-db:3307/shop"},
		{"*prod*", "s3://shop/x?endpoint=https://minio.prod.example"},
		{"minio.prod", "s3://shop/x?endpoint=https://minio.prod:9000"},
	} {
		a, err := Endpoint{URL: tc.url}.Address()
		if err != nil {
			t.Fatal(err)
		}
		p := Policy{Production: Production{Names: []string{tc.glob}}}
		if found := p.notProduction(a.at(""), Server{Fingerprint: "f"}); len(found) == 0 {
			t.Errorf("%s does not look like %s", tc.url, tc.glob)
		}
	}
}

// TestGlobsOfTargets: what cannot mean a target is told when the Policy is read.
func TestGlobsOfTargets(t *testing.T) {
	for glob, want := range map[string]string{
		"*":                             "no glob of a URL",
		"postgres://db/x":               "no glob of a URL",
		"mysql://":                      "no glob of a URL",
		"mysql://db.pr-*":               "nothing after the host",
		"mysql://root@db/shop":          "names a user",
		"s3://b/*?endpoint=minio":       "endpoint",
		"s3://b/*?endpoint=http://h/x":  "endpoint",
		"s3://b/*?endpoint=http://h&x=": "endpoint",
	} {
		d := PolicyDocument{Header: events.NewHeader(PolicyKind, "data")}
		d.Spec.Data.Targets = []Target{{Allow: []string{"mysql://db/*", glob}}}
		problems := d.Validate()
		if len(problems) != 1 || problems[0].Key != "spec.data.targets[0].allow[1]" || !strings.Contains(problems[0].Message, want) {
			t.Errorf("%s: %v, want %q", glob, problems, want)
		}
	}
}
