package nats

import (
	"slices"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/internal/golden"
)

// TestFileIsFresh compares the file of the repository with what the rows say.
func TestFileIsFresh(t *testing.T) { golden.Equal(t, "../"+File, Render(Users())) }

// TestPeopleOnlyRead: who only reads publishes questions, and requests of the API of JetStream
// that change nothing.
func TestPeopleOnlyRead(t *testing.T) {
	for _, g := range people().publishes() {
		for _, s := range g.subjects {
			question := slices.ContainsFunc(reading(), func(c string) bool { return s == call(c) })
			if !question && !strings.HasPrefix(s, peopleAPI+"STREAM.INFO.") && !strings.HasPrefix(s, peopleAPI+"STREAM.MSG.GET.") {
				t.Errorf("people may publish on %s", s)
			}
		}
	}
}

// TestWebhookMakesNothing: who takes what comes from outside makes no stream and no consumer.
func TestWebhookMakesNothing(t *testing.T) {
	for _, g := range webhook().publishes() {
		for _, s := range g.subjects {
			for _, verb := range []string{".CREATE.", ".UPDATE.", ".PURGE.", ".DELETE.", "$KV.", "CONSUMER"} {
				if strings.Contains(s, verb) {
					t.Errorf("webhook may publish on %s", s)
				}
			}
		}
	}
}

// TestNobodyMayDoEverything: no pattern reaches beyond one service, stream or bucket, and no
// two users read the same answers.
func TestNobodyMayDoEverything(t *testing.T) {
	answers := map[string]string{}
	for _, u := range Users() {
		for _, g := range u.publishes() {
			for _, s := range g.subjects {
				if wide(s) && !slices.Contains([]string{relayed, "shakedown.replay.*"}, s) {
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
