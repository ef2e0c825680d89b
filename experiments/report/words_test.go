package report

import (
	"testing"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
)

// TestWordsOfMarks: the kind of fault has the word, old records are known by name, and
// what fits into a drawing is short.
func TestWordsOfMarks(t *testing.T) {
	for _, tc := range []struct {
		mark        record.Mark
		long, short string
	}{
		{record.Mark{Mark: "eviction-accepted", Role: events.RoleSent, Label: "Eviction accepted by the API server"}, "Eviction accepted by the API server", "sent"},
		{record.Mark{Mark: "node-drained", Label: "Node drained"}, "Node drained", "node drained"},
		{record.Mark{Mark: events.MarkVictimGone, Role: events.RoleEffect, Label: "Pod gone"}, "Pod gone", "gone"},
		{record.Mark{Mark: events.MarkVictimGone}, "Victim gone", "gone"},
		{record.Mark{Mark: record.MarkFirstBad}, "First bad sample", "first bad"},
		{record.Mark{Mark: "unheard-of"}, "unheard-of", "unheard-of"},
	} {
		if long, short := saying(tc.mark); long != tc.long || short != tc.short {
			t.Errorf("%+v is %q, %q, want %q, %q", tc.mark, long, short, tc.long, tc.short)
		}
	}
}
