package chaos

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// TestClosedFaultsFitIntoAnAnswer: faults with many victims and long notes are fewer in a
// list, which would be refused as too long otherwise, and the newest are there.
func TestClosedFaultsFitIntoAnAnswer(t *testing.T) {
	const most, n = 1 << 20, 1200
	for _, victims := range []int{1, maxVictims} {
		var all []Summary
		for i := range n {
			e := events.LedgerEntry{Fault: fmt.Sprint("fault-", i), Opened: time.Unix(int64(i), 0), Note: strings.Repeat("x", maxNote*(victims/maxVictims))}
			for range victims {
				e.Victims = append(e.Victims, events.Victim{Kind: "pod", Name: strings.Repeat("n", 60), Where: strings.Repeat("w", 60)})
			}
			all = append(all, Summary{LedgerEntry: e})
		}
		entries := newest(all)
		raw, err := json.Marshal(entries)
		if err != nil || len(raw) > most || len(raw) < most/8 {
			t.Errorf("%d victims each: %d bytes, %v", victims, len(raw), err)
		}
		if last := entries[len(entries)-1].Fault; last != fmt.Sprint("fault-", n-1) || victims == 1 && len(entries) != maxListed {
			t.Errorf("%d victims each: %d are listed, up to %s", victims, len(entries), last)
		}
	}
}
