package record

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/shakedown-dev/shakedown/events"
)

// Schema is the version of the run record. Within a version only optional fields are added.
const Schema = "shakedown.dev/run/v2"

// schemaV1 is that of records from before there were chains: they do not say how their
// runs ended but in the words of their verdicts, and their marks may be without roles.
const schemaV1 = "shakedown.dev/run/v1"

// Parse reads a run record. One of an older schema is migrated; one of any other is an error
// of KindInvalid that names it.
func Parse(raw []byte) (Record, error) {
	var r Record
	if err := json.Unmarshal(raw, &r); err != nil {
		return Record{}, events.Errorf(events.KindInvalid, "export the record again: shakedown report export RUN --format json", "decode run record: %w", err)
	}
	switch r.Schema {
	case Schema:
	case schemaV1:
		r.fromV1()
	default:
		return Record{}, events.Errorf(events.KindInvalid, "use a version of shakedown that reads it",
			"run record has schema %q, and this version of shakedown reads %s and %s", r.Schema, Schema, schemaV1)
	}
	return r, nil
}

// fromV1 makes a record of the present schema of one of version 1. It has no chain: nobody
// knows what was in it when its run ended.
func (r *Record) fromV1() {
	r.Schema, r.Migrated, r.Chain = Schema, schemaV1, nil
	switch v := r.Verdict; v.Word { //nolint:exhaustive // the others follow from samples and marks
	case Aborted:
		r.Ending = Ending{Aborted: v.Reason, Advice: v.Advice}
	case NotRun:
		r.Ending = Ending{NotRun: v.Reason, Guard: v.Guard, Advice: v.Advice}
	}
	r.Recovery = slices.Clone(r.Recovery)
	for i := range r.Recovery {
		r.Recovery[i].Role = r.Recovery[i].role()
	}
}

// most is how many samples, marks and faults a record has at the most.
const most = 3 * Full

// Verifiable says why a record cannot be verified: its run is not over, or was over before
// records had chains, or it is that of no run. Errors: KindInvalid.
func (r Record) Verifiable() error {
	name := "record of run " + r.Run
	switch {
	case r.Run == "":
		return events.Errorf(events.KindInvalid, "shakedown report export RUN --format json", "this is the record of no run: it has no id")
	case r.Verdict.Word == "":
		return events.Errorf(events.KindInvalid, "wait for the end of the run and export its record again", "%s has no verdict yet: there is nothing to verify", name)
	case r.SampleCount()+len(r.Recovery)+len(r.Steps)+len(r.Probes) > most:
		return events.Errorf(events.KindInvalid, "shakedown report export RUN --format json", "%s has more samples, marks and faults than a run may have", name)
	case r.Migrated != "" && r.Chain == nil:
		return events.Errorf(events.KindInvalid, "shakedown report show "+r.Run,
			"%s was written in schema %s, from before records had chains: reports show it, but nothing can verify it", name, r.Migrated)
	}
	return nil
}

// encoded is a value as JSON, as records are stored.
func encoded(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode run record: %w", err)
	}
	return raw, nil
}
