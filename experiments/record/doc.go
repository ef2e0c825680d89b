// Package record is the run record: everything that is known of one run, from which
// every report is rendered, and the measures that follow from its samples and marks. It
// is pure: it reads nothing but its arguments.
//
// A complete record is sealed: it is hashed part by part, and each part into the next. The
// parts are, in this order: "run" (all that has no part of its own), "probe NAME" and "samples
// of NAME" for each probe, "fault N" with its decisions for each step, "marks", "notes",
// "ending", "figures", "evidence" and "verdict". A hash is "sha256:" and the digits of
// SHA-256 over the hash before it, a line break and one entry; the first hash before is the
// schema, the first entry of a part is its name, and the others are its values as JSON: without
// white space, the members of objects in the order of the bytes of their names and without those
// that are null or an empty list, whole numbers digit by digit, other numbers and texts as
// encoding/json writes them without escapes for HTML. So the form in which a record is written
// does not matter.
//
// There is no key. The chain shows that a part of a record was changed, left out, or put
// elsewhere, and which. It does not show who wrote the record: who writes all of it anew makes
// a chain that fits. Such a record differs from the hash that was published when the run
// ended (events.RunSummary), for whoever kept that. What the runner said and no sample
// shows, such as the reason of an abort, is as true as the runner.
package record
