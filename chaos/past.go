package chaos

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// LedgerName is the name of the queue of open faults and of its buckets.
const LedgerName = "chaos_faults"

const (
	// maxListed bounds the closed faults in an answer, and maxAnswer the bytes of it: a
	// NATS server with its usual settings takes messages of 1 MiB.
	maxListed = 1000
	maxAnswer = 768 << 10
	// maxVictims bounds the victims that are remembered of a fault by name, and maxNote
	// the bytes of why it ended as it did.
	maxVictims = 20
	maxNote    = 2000
)

// Summary is what is remembered of a closed fault.
type Summary struct {
	events.LedgerEntry
	Outcome string `json:"outcome,omitempty"`
	// Announced says that its end was published. CalledOff says that the end was asked
	// for before the fault.
	Announced bool `json:"announced,omitempty"`
	CalledOff bool `json:"calledOff,omitempty"`
}

// Summary is the entry as others may know of it; closed is zero while it is open.
// However many victims it has, it is small: the events of the fault have them all.
func (e Entry) Summary(closed time.Time) Summary {
	victims, count := e.chosen(), 0
	if len(victims) > maxVictims {
		victims, count = victims[:maxVictims], len(victims)
	}
	return Summary{
		LedgerEntry: events.LedgerEntry{
			Fault: e.Fault, Run: e.Request.Run, Kind: e.Request.Kind, Namespace: e.Request.Namespace,
			State: string(e.State), Victims: victims, VictimCount: count, Opened: e.Opened, Closed: closed, Note: shortened(e.Note),
		},
		Outcome: e.Outcome, Announced: e.Announced, CalledOff: e.CalledOff,
	}
}

// shortened is the text within maxNote, and says so where it is not whole.
func shortened(text string) string {
	if len(text) <= maxNote {
		return text
	}
	return strings.ToValidUTF8(text[:maxNote], "") + " ..."
}

// summaryOf reads what is remembered of a closed fault. When there was no room for
// more, that is only its end, which was published before it was remembered.
func summaryOf(p work.Past) (Summary, error) {
	if p.Summary == nil {
		entry := events.LedgerEntry{Fault: p.ID, Run: p.Asked.Correlation, State: string(StateClosed), Closed: p.Ended, Note: "no summary was kept"}
		return Summary{LedgerEntry: entry, Announced: true}, nil
	}
	var s Summary
	if err := json.Unmarshal(p.Summary, &s); err != nil {
		return s, fmt.Errorf("read the summary of fault %s: %w", p.ID, err)
	}
	return s, nil
}

// find reads how a fault stands, open or closed. Errors: events.ErrNotFound.
func (e *engine) find(ctx context.Context, fault string) (Summary, error) {
	row, err := e.ledger.Get(ctx, fault)
	if err == nil {
		return row.Body.Summary(row.Ended), nil
	}
	if !errors.Is(err, events.ErrNotFound) {
		return Summary{}, err
	}
	past, err := e.ledger.Past(ctx, fault)
	if err != nil {
		return Summary{}, err
	}
	return summaryOf(past)
}

// openFaults are the entries of all open faults, oldest first. Errors:
// work.ErrUnreadable, beside the entries that can be read.
func (e *engine) openFaults(ctx context.Context) ([]Entry, error) {
	rows, err := e.ledger.Open(ctx)
	if err != nil && !errors.Is(err, work.ErrUnreadable) {
		return nil, err // no list at all is not an empty one
	}
	entries := make([]Entry, 0, len(rows))
	for _, r := range rows {
		entries = append(entries, r.Body)
	}
	return entries, err
}

// readable is openFaults for those that go on with the entries that can be read,
// and say what cannot.
func (e *engine) readable(ctx context.Context) (open []Entry, problem string, err error) {
	open, err = e.openFaults(ctx)
	if errors.Is(err, work.ErrUnreadable) {
		return open, err.Error(), nil
	}
	return open, "", err
}

func (e *engine) onLedger(ctx context.Context, q events.LedgerQuery) (events.LedgerAnswer, error) {
	open, problem, err := e.readable(ctx)
	if err != nil {
		return events.LedgerAnswer{}, err
	}
	answer := events.LedgerAnswer{Entries: []events.LedgerEntry{}, Problem: problem}
	if !q.Open {
		if answer.Entries, err = e.closed(ctx); err != nil {
			return events.LedgerAnswer{}, err
		}
	}
	for _, entry := range open {
		answer.Entries = append(answer.Entries, entry.Summary(time.Time{}).LedgerEntry)
	}
	slices.SortStableFunc(answer.Entries, byOpening)
	return answer, nil
}

// closed are the closed faults that were opened last. A server that has just been
// started reads them first: a part of them would look like all.
func (e *engine) closed(ctx context.Context) ([]events.LedgerEntry, error) {
	select {
	case <-e.past.Ready():
		return newest(e.past.All()), nil
	case <-ctx.Done():
		return nil, events.Errorf(events.KindUnavailable, "ask again", "the closed faults are still being read: %w", context.Cause(ctx))
	}
}

// newest are the closed faults that were opened last, as many as fit into an answer.
func newest(all []Summary) []events.LedgerEntry {
	entries := make([]events.LedgerEntry, 0, len(all))
	for _, s := range all {
		entries = append(entries, s.LedgerEntry)
	}
	slices.SortFunc(entries, byOpening)
	entries = entries[max(0, len(entries)-maxListed):]
	first := len(entries)
	for size := 0; first > 0; first-- {
		if size += len(encode(entries[first-1])); size > maxAnswer {
			break
		}
	}
	return entries[first:]
}

func bySummary(a, b Summary) int { return byOpening(a.LedgerEntry, b.LedgerEntry) }

func byOpening(a, b events.LedgerEntry) int {
	return cmp.Or(a.Opened.Compare(b.Opened), cmp.Compare(a.Fault, b.Fault))
}
