package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestBundle(t *testing.T) {
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"a word of its own", []string{"--root", "/r", "create", "--bundle", "/b", "--pid-file", "p", "id"}, "/b"},
		{"joined", []string{"create", "--bundle=/b", "id"}, "/b"},
		{"short", []string{"run", "-b", "/b", "id"}, "/b"},
		{"left out", []string{"create", "id"}, "."},
		{"cut off", []string{"create", "--bundle"}, "."},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := bundle(test.args); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestWithoutFilter(t *testing.T) {
	for _, test := range []struct{ name, config, want string }{
		{"with a filter", `{"linux":{"seccomp":{"x":1},"resources":{"limit":9223372036854775807}},"ociVersion":"1"}`, `{"linux":{"resources":{"limit":9223372036854775807}},"ociVersion":"1"}`},
		{"without one", `{ "linux": {} }`, `{ "linux": {} }`},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config.json")
			if err := os.WriteFile(path, []byte(test.config), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := withoutFilter(path); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != test.want {
				t.Errorf("got %s, %v", got, err)
			}
		})
	}
}

func FuzzBundle(f *testing.F) {
	f.Add("--bundle", "/b")
	f.Fuzz(func(t *testing.T, a, b string) {
		_ = bundle([]string{"create", a, b})
	})
}
