// Package cron reads the expressions of schedules and says when they start something.
//
// # The fields
//
// Minute, hour, day of the month, month and day of the week, as in crontab(5); a field for
// seconds may stand before them. When both day fields are set, a day that fits either of
// them counts, which is the standard's rule: "0 9 1-7 * 1" is not the first Monday but the
// days 1 to 7 and every Monday, and Notes says so. The first Monday is "0 9 * * MON#1",
// the last Friday "0 9 * * FRI#L", and the last day of a month "0 9 L * *". A zone is never
// part of an expression.
//
// # When clocks are changed
//
// Expressions are evaluated on the readings of a clock that nobody changes, and wall.At
// turns each reading into a moment. So a reading that never comes starts once, at the
// moment of the change, and is marked; one that comes twice starts the first time only.
//
// # Why this library
//
// Compared in November 2026, with the cases of cron_test.go:
//
//   - robfig/cron v3.0.1 has had no release since January 2020. It skips what falls into a
//     missing hour (its pull request 541) and panics on "TZ=" without fields (554).
//   - netresearch/go-cron v0.9.1 (January 2026) goes on from it, with fixes for both, tests,
//     fuzz targets and the notation MON#1. Its own rule for missing hours knows changes of
//     one hour after midnight only, and its usual rule for two day fields is AND, so both
//     are not used: it never sees a zone here, and its option for OR is set.
//   - adhocore/gronx v1.20.4 and hashicorp/cronexpr v1.1.3 are kept, too, and have no rule
//     for changes of clocks at all.
//
// Whatever the library, the moments come from wall.
package cron
