// Package s3 copies objects between buckets, inside the server where one credential
// reaches both ends and streamed elsewhere, and compares both sides by sorted listings.
//
// A copy is a row of passes. A pass lists both sides in key order, joins them as
// streams in constant memory and copies what is missing or differs. The pass that
// finds nothing to do is the comparison, so a run with nothing to do costs two
// listings.
//
// What is compared of every object: the key below the prefix, the size, and the ETag
// where both sides' ETags say the same of the same bytes. Where they do not (another
// part layout, encryption with a key of KMS, masked content), checksums of the whole
// object are compared if both sides keep one of the same kind, else both sides are
// read and hashed, unless this run wrote the object and proved it then. Content
// headers, user metadata and tags are carried over. A copy compares them only of
// objects whose source is younger than the target; Verify compares them of all.
// Changes of tags leave no trace in a listing, so only Verify finds them.
//
// Left alone: access control lists, object locks, old versions, and the settings of
// buckets.
//
// Invariants:
//   - What was read is what was listed: every read and copy names the listed ETag.
//   - An object that cannot be masked is not copied.
//   - Nothing is removed but with S3.Delete, below the target's prefix, after a whole
//     listing of both sides without an error, and never more than MaxDelete.
//   - Nothing touches the disk but the journal in the state folder.
package s3
