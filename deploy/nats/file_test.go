package nats

import (
	"slices"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/internal/golden"
)

// TestFileIsFresh compares the file of the repository with what the rows say.
func TestFileIsFresh(t *testing.T) { golden.Equal(t, "../"+File, Render(Users())) }

// TestNobodyMayDoEverything: no pattern reaches beyond one service, stream or bucket, and no
// two users read the same answers.
func TestNobodyMayDoEverything(t *testing.T) {
	answers := map[string]string{}
	for _, u := range Users() {
		for _, g := range u.publishes() {
			for _, s := range g.subjects {
				if wide(s) && !slices.Contains([]string{"_INBOX.>", "shakedown.replay.*"}, s) {
					t.Errorf("%s may publish on %s", u.Name, s)
				}
			}
		}
		for _, s := range u.subscribes() {
			if strings.Contains(s, ">") && s != "$SRV.>" && s != u.inbox()+".>" {
				t.Errorf("%s may read %s", u.Name, s)
			}
		}
		if other, taken := answers[u.inbox()]; taken {
			t.Errorf("%s and %s read the same answers", u.Name, other)
		}
		answers[u.inbox()] = u.Name
	}
}

// wide says whether a pattern is open before its last part, or names less than a service.
func wide(pattern string) bool {
	parts := strings.Split(pattern, ".")
	last := parts[len(parts)-1]
	inner := strings.TrimPrefix(strings.Join(parts[:len(parts)-1], "."), "$JS.ACK.*.*")
	return strings.ContainsAny(inner, "*>") || (last == "*" || last == ">") && len(parts) < 3
}
