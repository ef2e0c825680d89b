package events_test

import (
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

func TestCheckImage(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0a", 32)
	for image, want := range map[string]string{
		"x": "", "shop:v1": "", "shakedown.dev/shop:v2": "", "registry.example:5000/team/shop-api:4f1c2e9": "", "Registry.Example/shop": "",
		"localhost/shop": "", "localhost:5000/a__b/c.d/e---f:V1.0_x-y": "", "[::1]:5000/shop:v1": "", "10.0.0.1:5000/shop": "",
		"shop@" + digest: "", "registry.example/shop:v1@" + digest: "", "shop:" + strings.Repeat("1", 128): "",
		"": "is missing",
		"registry.example/Acme/Shop-API:58467965": `must be lower case before the tag: "Acme/Shop-API"`,
		"Acme/shop":                          `must be lower case before the tag: "Acme/shop"`,
		"api:v1:v2":                          "has two tags",
		"registry.example/api:v1:v2":         "has two tags",
		"api:":                               "has an empty tag",
		"https://registry.example/api:1":     "is an address: leave out https://",
		"api@sha256:12":                      `has the digest "sha256:12", want sha256: and 64 of 0-9 and a-f`,
		"api@md5:" + strings.Repeat("0", 32): "has the digest",
		"api@":                               "has the digest",
		"api@" + digest + "@" + digest:       "has the digest",
		"-x":                                 `"-x" is no name of an image`,
		"api:" + strings.Repeat("1", 130):    "has a tag of 130 characters, at most 128 fit",
		"api:-1":                             `has the tag "-1"`,
		"api:ö":                              `has the tag "ö"`,
		"a b":                                "contains white space or control characters",
		" api":                               "contains white space or control characters",
		"a\x1b[31mb":                         "contains white space or control characters",
		"a\u202eb":                           "is no name of an image",
		"registry.example//api":              "is no name of an image",
		"registry.example/":                  "is no name of an image",
		"/api":                               "is no name of an image",
		"a_-b":                               "is no name of an image",
		"registry.example:port/api":          `"registry.example:port" is no host`,
		strings.Repeat("0a", 32):             "is a digest without a name",
		"registry.example/" + strings.Repeat("a", 250): "is 267 characters long before the tag, at most 255 fit",
	} {
		var got events.Problems
		got.CheckImage("image", image)
		if len(got) > 1 || (len(got) == 1) != (want != "") || len(got) == 1 && !strings.Contains(got[0].Message, want) {
			t.Errorf("%q: %v, want %q", image, got, want)
		}
	}
}
