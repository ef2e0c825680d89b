// Package datamove fills an environment with real, harmless data and proves what
// it did. It copies MySQL or MariaDB, Redis and S3 between two ends, masks on the
// way, and ends every run with an equality report.
//
// It owns the DataCopy and Policy documents, the order of a run (inspect, refuse,
// copy, compare), the interlocks on targets, and the report. One Adapter for each
// store does the work: datamove/mysql, datamove/redis, datamove/s3. The masking
// functions are datamove/mask, the views of a report datamove/report.
//
// Events in: environment.provisioned, copy.start. Events out: copy.progressed,
// copy.finished, copy.refused.
//
// Invariants:
//   - The source is only read.
//   - Nothing is changed before both ends of every store were inspected and nothing
//     was refused.
//   - "Equal" is said only of what was compared on both sides after the copy.
//   - Whatever is in the target already stays, unless the document says replace or merge.
//   - Credentials and masking keys are read from their references when they are
//     needed, and are never in a spec, an event, a log, a report or an argument.
//   - What a server reads and connects to is in its own files: an event names one of
//     their documents, and one that says anything else is refused.
package datamove
