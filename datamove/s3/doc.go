// Package s3 copies objects between buckets, inside the server where one credential
// reaches both ends and streamed elsewhere, and compares both sides by sorted listings.
//
// A copy is a row of passes. A pass lists both sides in key order, joins them as
// streams in constant memory and copies what is missing or differs. The pass that
// finds nothing to do is the comparison, so a run with nothing to do costs two
// listings.
//
// What is compared of every object: the key below the prefix, the size, and the ETag.
// Equal ETags that are made from the content mean equal contents. ETags that differ mean
// nothing by themselves (another part layout, a key of KMS, masked content): then both
// objects are inspected, for how they are encrypted and for checksums of the whole;
// where even that does not decide, both are read and hashed, unless this run wrote the
// object and proved it then.
//
// Content headers, user metadata, tags and the storage class are carried over. Verify
// compares them of all objects, a copy of those whose source is younger than the target
// and of a sample of those that it wrote itself, and then of all when one of the sample
// has lost something. The report counts those of which it did not compare them. Another
// storage class is a warning: where an object lies is the target's own business.
//
// Left alone, and named in every report: access control lists, object locks, old versions,
// and the settings of buckets.
//
// Invariants:
//   - What was read is what was listed: every read and copy names the listed ETag.
//   - An object that cannot be masked is not copied.
//   - Nothing is removed but with S3.Delete, below the target's prefix, after a whole
//     listing of both sides without an error, and never more than MaxDelete in all.
//   - An answer without what it must have is no answer: an empty one is not an empty bucket.
//   - An upload in parts is aborted only if this run began it.
//   - Nothing touches the disk but the journal in the state folder.
package s3
