package demo

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

// TestOwnEnvironment takes what this demo made, and nothing that only looks like it.
func TestOwnEnvironment(t *testing.T) {
	shop := func(name string) events.Environment {
		return events.Environment{Name: name, Project: "shop", Template: "shop"}
	}
	foreign := []events.Environment{
		shop("shop-4f1c2e9d7b3a"), shop("shop-of-another-team"),
		{Name: "shop-demo-1"},
		{Name: "payments", Project: "payments", Template: "shop"},
	}
	for _, name := range []string{"shop-demo-1", ""} {
		all, want := foreign, []string(nil)
		if name != "" {
			all, want = append(foreign[:2:2], shop(name)), []string{name}
		}
		own, alike := divide(all, name)
		if diff := cmp.Diff([][]string{want, {"shop-4f1c2e9d7b3a", "shop-of-another-team"}}, [][]string{own, alike}); diff != "" {
			t.Errorf("demo %q: %s", name, diff)
		}
	}
}

// TestOwnName is the same in the next demo with the data directory, and another one in
// another.
func TestOwnName(t *testing.T) {
	names := map[string]string{}
	for _, id := range []string{"one", "two"} {
		data := t.TempDir()
		if err := os.MkdirAll(filepath.Dir(nameFile(data)), 0o700); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			name, err := ownName(data, func() string { return id + data })
			if err != nil || names[name] != "" && names[name] != id {
				t.Errorf("%q of %s, error %v", name, id, err)
			}
			names[name] = id
		}
	}
	if len(names) != 2 {
		t.Errorf("%v, want one name of each", names)
	}
}
