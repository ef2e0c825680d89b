package golden

import "testing"

func TestBetween(t *testing.T) {
	for _, tc := range []struct {
		name, content, want string
		ok                  bool
	}{
		{"block", "a\n<!-- begin -->\nold\n<!-- end -->\nb\n", "old\n", true},
		{"empty block", "<!-- begin -->\n<!-- end -->\n", "", true},
		{"no end", "<!-- begin -->\nold\n", "", false},
		{"no begin", "old\n<!-- end -->\n", "", false},
		{"begin without a line", "<!-- begin -->", "", false},
		{"wrong order", "<!-- end -->\n<!-- begin -->\n", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			from, to, ok := between([]byte(tc.content), "<!-- begin", "<!-- end")
			if ok != tc.ok || ok && tc.content[from:to] != tc.want {
				t.Errorf("between = %d, %d, %v", from, to, ok)
			}
		})
	}
}
