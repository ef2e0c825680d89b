package demo

import "testing"

// TestWhoseServer ends the demo's server and no other.
func TestWhoseServer(t *testing.T) {
	for _, tc := range []struct {
		name  string
		words []string
		want  bool
	}{
		{"the demo's", []string{"shakedown", "up", "--data-dir", "d", "--kubeconfig", "k", "--specs", "d/demo/specs"}, true},
		{"of the same data directory", []string{"shakedown", "up", "--data-dir", "d", "--specs", "mine"}, false},
		{"of another one", []string{"shakedown", "up", "--data-dir", "e", "--specs", "d/demo/specs"}, false},
		{"no server", []string{"vi", "d"}, false},
	} {
		if got := isDemo(tc.words, "d"); got != tc.want {
			t.Errorf("%s: %t", tc.name, got)
		}
	}
}
