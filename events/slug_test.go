package events_test

import (
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/events"
)

func TestSlug(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"pr-128":                      "pr-128",
		"Feature/Login_page":          "feature-login-page-",
		"--":                          "env-",
		"":                            "env-",
		strings.Repeat("a", 63):       strings.Repeat("a", 63),
		strings.Repeat("a", 64):       strings.Repeat("a", 55) + "-",
		"größe":                       "gr-e-",
		"a" + strings.Repeat("-", 70): "a-",
	} {
		got := events.Slug(in)
		if !events.IsDNSLabel(got) || got != want && (!strings.HasPrefix(got, want) || len(got) != len(want)+7) {
			t.Errorf("Slug(%q) = %q, want %q and a hash", in, got, want)
		}
	}
}

func TestSlugDoesNotCollide(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("feature-", 10)
	seen := map[string]string{}
	for _, in := range []string{"feature-x", "Feature-x", "feature/x", "feature_x", "feature x", long + "a", long + "b"} {
		slug := events.Slug(in)
		if other, ok := seen[slug]; ok {
			t.Errorf("%q and %q share the name %q", in, other, slug)
		}
		seen[slug] = in
	}
}

func FuzzSlug(f *testing.F) {
	f.Add("Feature/X")
	f.Fuzz(func(t *testing.T, in string) {
		if got := events.Slug(in); !events.IsDNSLabel(got) || events.Slug(got) != got {
			t.Fatalf("Slug(%q) = %q", in, got)
		}
	})
}
