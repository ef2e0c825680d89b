package chaos_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/chaos/chaostest"
	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/eventstest"
)

func TestLedgerIsListed(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	r.Serve(r.Deps("a", l))
	r.Ask(request("f1"))
	r.Closed()
	for _, open := range []bool{true, false} {
		want := map[bool]int{true: 0, false: 1}[open]
		var answer events.LedgerAnswer
		eventstest.Eventually(t, "the closed fault is listed with the closed ones", func() bool {
			answer = ask(t, r, events.LedgerListCall, events.LedgerQuery{Open: open})
			return len(answer.Entries) == want
		})
	}
}

// TestLedgerListsTheNewest: of thousands of closed faults the newest are listed,
// oldest first, also by a server that has just been started.
func TestLedgerListsTheNewest(t *testing.T) {
	r, l := chaostest.New(t), newLamps(3)
	if err := chaostest.Fill(t.Context(), r.Bus, 1200, time.Now()); err != nil {
		t.Fatal(err)
	}
	r.Serve(r.Deps("a", l))
	answer := ask(t, r, events.LedgerListCall, events.LedgerQuery{})
	if len(answer.Entries) != 1000 {
		t.Fatalf("%d are listed, want a thousand", len(answer.Entries))
	}
	if first, last := answer.Entries[0].Fault, answer.Entries[999].Fault; first != "filled-200-1" || last != "filled-1199-1" {
		t.Errorf("from %s to %s", first, last)
	}
}

// TestManyVictimsLeaveLittle: what is remembered of a fault does not grow with it.
func TestManyVictimsLeaveLittle(t *testing.T) {
	e, why := left(0), strings.Repeat("lamp is dark; ", 5000)
	e.Note = why
	for len(e.Victims) < 5000 {
		e.Victims = append(e.Victims, e.Victims[0])
	}
	s := e.Summary(time.Now())
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) > 16<<10 || s.VictimCount != 5000 || len(s.Victims) != 20 || !strings.HasSuffix(s.Note, " ...") {
		t.Errorf("%d bytes, %d of %d victims, note %.20q", len(raw), len(s.Victims), s.VictimCount, s.Note)
	}
	e.Victims, e.Note = e.Victims[:20], "all of it"
	if s := e.Summary(time.Now()); s.VictimCount != 0 || len(s.Victims) != 20 || s.Note != "all of it" {
		t.Errorf("a small fault: %+v", s)
	}
}
