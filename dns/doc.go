// Package dns gives hosts their names. It owns records of DNS zones: it compares what
// sources such as documents want with what is there, and changes what differs.
//
// Events: none. Commands call it, and no server changes zones.
//
// Invariants:
//
//   - A record is changed or deleted only if a TXT record of external-dns' registry names
//     our owner, and the change says what the record is now: whoever changes it in the
//     meantime makes ours fail. A record and its TXT record are changed in one batch.
//   - Whatever belongs to another owner, or to nobody, is refused, and the owner named.
//   - A source that wants nothing deletes nothing.
//   - All that is wanted under one name is done in one batch, or nothing of it is.
//   - One bad record fails alone: what stands beside it in a batch is done.
package dns
