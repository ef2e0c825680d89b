package chaos

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/events/work"
)

// formerLedger is the bucket in which servers before the work queue kept their
// faults, open and closed. All of them were faults of pods.
const formerLedger = "chaos_ledger"

// formerEntry is an entry there; the fields that are still in Entry read as they are.
type formerEntry struct {
	Entry
	Victims []formerVictim `json:"victims"`
	Known   []string       `json:"known"`
	// Cause is the id of the event that asked for it.
	Cause  string            `json:"cause"`
	Closed time.Time         `json:"closed"`
	Outbox []events.Envelope `json:"outbox"`
}

type formerVictim struct {
	Victim
	OwnerRef formerOwner `json:"ownerRef"`
}

type formerOwner struct {
	Kind string `json:"kind,omitempty"`
	Name string `json:"name,omitempty"`
	UID  string `json:"uid,omitempty"`
}

// takeOverFormer moves what an earlier version has left into the ledger and leaves
// its bucket empty but for what cannot be read, so that no open fault is forgotten
// and no closed one is injected again. What cannot be done now is tried again until
// ctx ends.
func (e *engine) takeOverFormer(ctx context.Context) {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := e.takeOverAll(ctx)
		e.warn(ctx, "take over the ledger of an earlier version", err)
		if err == nil || !events.Wait(ctx, pause) {
			return
		}
	}
}

func (e *engine) takeOverAll(ctx context.Context) error {
	kv, err := e.deps.Store.KV(ctx, events.Bucket{Name: formerLedger})
	if err != nil {
		return fmt.Errorf("open bucket %s: %w", formerLedger, err)
	}
	rows, err := kv.List(ctx)
	if err != nil {
		return fmt.Errorf("list bucket %s: %w", formerLedger, err)
	}
	var errs []error
	for _, row := range rows {
		var f formerEntry
		if err := json.Unmarshal(row.Value, &f); err != nil {
			e.warn(ctx, "take over "+row.Key+", which is left where it is", err)
			continue
		}
		err := e.takeOver(ctx, f)
		if err == nil {
			err = kv.Delete(ctx, row.Key, row.Revision)
		}
		if err != nil && !errors.Is(err, events.ErrNotFound) {
			errs = append(errs, fmt.Errorf("take over %s: %w", row.Key, err))
		}
	}
	return errors.Join(errs...)
}

// takeOver publishes what was left to publish and writes the fault to the ledger.
func (e *engine) takeOver(ctx context.Context, f formerEntry) error {
	for _, m := range f.Outbox {
		if err := e.deps.Bus.Publish(ctx, m); err != nil {
			return err
		}
	}
	asked := e.deps.Stamp.About(f.Request.Run, f.Fault+"/former")
	asked.ID = cmp.Or(f.Cause, asked.ID)
	if err := e.ledger.Add(ctx, f.Fault, asked, f.now(e.kinds)); err != nil && !errors.Is(err, work.ErrKnown) {
		return err
	}
	if f.State != StateClosed {
		e.deps.Log.WarnContext(ctx, "a fault that an earlier version left open is ended now", "service", group,
			"fault", f.Fault, "run", f.Request.Run, "env", f.Request.Environment, "state", string(f.State))
	}
	return nil
}

// now is the entry as it is kept now. A fault that was only planned is not begun.
func (f formerEntry) now(kinds map[string]Kind) Entry {
	e, owners := f.Entry, make(map[string]formerOwner)
	e.Request = withGrace(e.Request)
	for _, v := range f.Victims {
		owners[v.UID], e.Victims = v.OwnerRef, append(e.Victims, v.now())
	}
	e.Kept = encode(map[string]any{"known": f.Known, "owners": owners})
	for i, m := range e.Marks {
		if kind, known := kinds[e.Request.Kind]; known {
			e.Marks[i].Role, e.Marks[i].Label = meaning(kind.Describe().FaultKind, m.Mark)
		}
	}
	switch e.State {
	case StatePlanned:
		e.EndAsked = cmp.Or(e.EndAsked, "the server was replaced by a later version before anything was injected")
	case StateClosed:
		e.Announced = true
	case StateInjecting, StateInjected, StateRecovering: // they are resumed
	}
	return e
}

// now is the victim as it is kept now, with what it may not share with others.
func (f formerVictim) now() Victim {
	v := f.Victim
	v.Kind, v.ID, v.Where = "pod", v.UID, "namespace "+v.Namespace
	if v.Node != "" {
		v.Where += ", node " + v.Node
	}
	v.Locks = []string{v.Namespace + "/" + v.UID}
	if f.OwnerRef.UID != "" {
		v.Locks = append(v.Locks, v.Namespace+"/"+f.OwnerRef.UID)
	}
	return v
}
