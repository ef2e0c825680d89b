package calendar_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/chaos/monkey/calendar"
	"github.com/shakedown-dev/shakedown/chaos/monkey/wall"
)

// TestWrite: what is written is read again, whatever is in its texts, in short lines.
func TestWrite(t *testing.T) {
	t.Parallel()
	at := time.Date(2027, 6, 1, 9, 30, 0, 0, time.UTC)
	texts := []string{"pod-kill staging/api", "a, b; c\\d \"e\"", strings.Repeat("größer ", 40), "two\nlines", ""}
	var entries []calendar.Entry
	var want []calendar.Event
	for i, text := range texts {
		e := calendar.Entry{UID: string(rune('a' + i)), At: at.Add(time.Duration(i) * time.Hour), Long: time.Minute, Summary: "x" + text, Description: text}
		entries = append(entries, e)
		want = append(want, calendar.Event{Span: wall.Span{From: e.At, To: e.At.Add(e.Long)}, Summary: e.Summary})
	}
	raw, err := calendar.Write("shop", entries, at)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		if len(line) > 77 || !bytes.HasSuffix(line, []byte("\r\n")) {
			t.Errorf("the line %q has %d bytes", line, len(line))
		}
	}
	got, err := calendar.Read(raw, time.UTC, wall.Span{From: at.Add(-time.Hour), To: at.Add(24 * time.Hour)})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if raw, err = calendar.Write("none", nil, at); err != nil {
		t.Fatal(err)
	}
	if got, err = calendar.Read(raw, time.UTC, wall.Span{From: at, To: at.Add(time.Hour)}); err != nil || len(got) != 0 {
		t.Errorf("a calendar of nothing has %v, %v", got, err)
	}
}
