package app

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHookKeys: a line of one word is a secret of all, and one with more words that of
// the project which the others name.
func TestHookKeys(t *testing.T) {
	t.Parallel()
	got := parseHookKeys("shared\r\n\n shop of-shop\nshop\tnext \nThe Bank of-bank\nlast")
	want := HookKeys{Shared: []string{"shared", "last"}, Projects: map[string][]string{"shop": {"of-shop", "next"}, "The Bank": {"of-bank"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	for project, secret := range map[string]string{"shop": "of-shop", "other": "shared"} {
		if of := got.Of(project); of != secret {
			t.Errorf("%s signs with %s, want %s", project, of, secret)
		}
	}
	if of := (HookKeys{}).Of("shop"); of != "" {
		t.Errorf("a secret from nowhere: %s", of)
	}
}
