package chaos

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

// State is how far a fault has come. A state is written before its first effect.
type State string

// The states of a ledger entry, in order.
const (
	// StatePlanned: asked for; nothing was touched.
	StatePlanned State = "planned"
	// StateInjecting: victims and undo are decided; from here on kills are sent.
	StateInjecting State = "injecting"
	// StateInjected: no more kills will be sent.
	StateInjected State = "injected"
	// StateRecovering: the outcome of the injection was told; the recovery is watched.
	StateRecovering State = "recovering"
	// StateClosed: nothing of the fault is in effect.
	StateClosed State = "closed"
)

// The outcomes of a fault.
const (
	// OutcomeRefused: a guard or the emergency stop refused; nothing was touched.
	OutcomeRefused = "refused"
	// OutcomeFailed: the fault came into effect in part or not at all.
	OutcomeFailed = "failed"
	// OutcomeRecovered: all replacements were ready within the budget.
	OutcomeRecovered = "recovered"
	// OutcomeNotRecovered: they were not.
	OutcomeNotRecovered = "not-recovered"
	// OutcomeEnded: the fault was ended early, so that the recovery is not known.
	OutcomeEnded = "ended-early"
)

// ledgerBucket is where entries live.
const ledgerBucket = "chaos_ledger"

// Entry is one fault in the ledger: enough for any replica to end it.
type Entry struct {
	Fault   string             `json:"fault"`
	Request events.FaultInject `json:"request"`
	// Cause is the id of the event that asked for it.
	Cause string       `json:"cause,omitempty"`
	State State        `json:"state"`
	Lease events.Lease `json:"lease,omitzero"`
	// Seed is the one that chose the victims, drawn when the request had none.
	Seed      uint64                 `json:"seed,omitempty"`
	Decisions []events.GuardDecision `json:"decisions,omitempty"`
	Victims   []Victim               `json:"victims,omitempty"`
	// Known are the UIDs of the owners' pods before the kill.
	Known []string                `json:"known,omitempty"`
	Undo  []string                `json:"undo,omitempty"`
	Marks []events.RecoveryMarked `json:"marks,omitempty"`
	// EndAsked is why somebody wants the fault to end now.
	EndAsked string `json:"endAsked,omitempty"`
	// Failed is why the injection failed, if it did.
	Failed   string    `json:"failed,omitempty"`
	Outcome  string    `json:"outcome,omitempty"`
	Residue  []string  `json:"residue,omitempty"`
	Note     string    `json:"note,omitempty"`
	Opened   time.Time `json:"opened"`
	Injected time.Time `json:"injected,omitzero"`
	Closed   time.Time `json:"closed,omitzero"`
	// Outbox are events that are decided but perhaps not published yet.
	Outbox []events.Envelope `json:"outbox,omitempty"`
}

// Victim is a pod that was chosen, and what became of the attempt.
type Victim struct {
	events.Victim
	OwnerRef Ref `json:"ownerRef,omitzero"`
	// Sent is when its kill was about to be sent; zero when it never was.
	Sent time.Time `json:"sent,omitzero"`
	// Hit says that the kill was accepted. Problem says why not.
	Hit     bool   `json:"hit,omitempty"`
	Problem string `json:"problem,omitempty"`
}

// unfinished says whether there is still something to do for the entry.
func (e Entry) unfinished() bool { return e.State != StateClosed || len(e.Outbox) > 0 }

// holds says whether the entry has victims among the pods or of the owners.
func (e Entry) holds(owners []Ref, pods []Pod) bool {
	return slices.ContainsFunc(e.Victims, func(v Victim) bool {
		return slices.ContainsFunc(owners, func(o Ref) bool { return v.OwnerRef.UID == o.UID }) ||
			slices.ContainsFunc(pods, func(p Pod) bool { return v.UID == p.UID })
	})
}

// hit are the victims whose kill was accepted.
func (e Entry) hit() []events.Victim {
	var hit []events.Victim
	for _, v := range e.Victims {
		if v.Hit {
			hit = append(hit, v.Victim)
		}
	}
	return hit
}

// chosen are all victims as events tell of them.
func (e Entry) chosen() []events.Victim {
	all := make([]events.Victim, 0, len(e.Victims))
	for _, v := range e.Victims {
		all = append(all, v.Victim)
	}
	return all
}

// order is what a fault needs to know of the entry, about the given victims.
func (e Entry) order(victims []events.Victim) Order {
	return Order{Request: e.Request, Victims: victims, Seed: e.Seed}
}

// budgetEnds is when the recovery is given up.
func (e Entry) budgetEnds() time.Time { return e.Injected.Add(e.Request.Budget.Std()) }

// public is what others may know of the entry.
func (e Entry) public() events.LedgerEntry {
	return events.LedgerEntry{
		Fault: e.Fault, Run: e.Request.Run, Kind: e.Request.Kind, Namespace: e.Request.Namespace,
		State: string(e.State), Victims: e.chosen(), Opened: e.Opened, Closed: e.Closed, Note: e.Note,
	}
}

// ledger is the table of entries. It remembers which are finished, so that a
// look at the open ones does not read the whole history.
type ledger struct {
	kv      events.KV
	table   events.Table[Entry]
	mu      sync.Mutex
	settled map[string]bool
}

func openLedger(ctx context.Context, store events.Store) (*ledger, error) {
	kv, err := store.KV(ctx, events.Bucket{Name: ledgerBucket})
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", ledgerBucket, err)
	}
	table, err := events.OpenTable[Entry](ctx, store, events.Bucket{Name: ledgerBucket})
	if err != nil {
		return nil, err
	}
	return &ledger{kv: kv, table: table, settled: make(map[string]bool)}, nil
}

func (l *ledger) create(ctx context.Context, e Entry) error {
	return l.table.Create(ctx, events.Key(e.Fault), e)
}

func (l *ledger) modify(ctx context.Context, fault string, change func(*Entry) error) (Entry, error) {
	return l.table.Modify(ctx, events.Key(fault), change)
}

// unfinished lists the entries that still need work, oldest first.
func (l *ledger) unfinished(ctx context.Context) ([]Entry, error) {
	rows, err := l.kv.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("list ledger: %w", err)
	}
	var open []Entry
	for _, row := range rows {
		if l.isSettled(row.Key) {
			continue
		}
		var e Entry
		if err := json.Unmarshal(row.Value, &e); err != nil {
			return nil, fmt.Errorf("read ledger: decode %s: %w", row.Key, err)
		}
		if e.unfinished() {
			open = append(open, e)
		} else {
			l.settle(row.Key)
		}
	}
	sortEntries(open)
	return open, nil
}

// all lists every entry, oldest first.
func (l *ledger) all(ctx context.Context) ([]Entry, error) {
	entries, err := l.table.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("list ledger: %w", err)
	}
	sortEntries(entries)
	return entries, nil
}

// prune forgets entries that were closed before the given time.
func (l *ledger) prune(ctx context.Context, before time.Time) error {
	entries, err := l.all(ctx)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.unfinished() || !e.Closed.Before(before) {
			continue
		}
		if err := l.table.Delete(ctx, events.Key(e.Fault)); err != nil {
			return fmt.Errorf("forget fault %s: %w", e.Fault, err)
		}
		l.mu.Lock()
		delete(l.settled, events.Key(e.Fault))
		l.mu.Unlock()
	}
	return nil
}

func (l *ledger) isSettled(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.settled[key]
}

func (l *ledger) settle(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settled[key] = true
}

func sortEntries(entries []Entry) {
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(a.Opened.Compare(b.Opened), cmp.Compare(a.Fault, b.Fault))
	})
}
