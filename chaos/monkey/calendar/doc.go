// Package calendar reads iCalendar files (RFC 5545): which times an event takes, its
// repetitions and their exceptions included.
//
// It is for holidays and freezes, so it fails closed: what it cannot read, or would have
// to guess, is an error, and a caller with an error has no calendar. That holds for a file
// that ends early, a zone that is not known, and rules that repeat within a day. Whether
// an event says that it blocks time (TRANSP) does not count, since public calendars of
// holidays say that it does not; cancelled events do not count either.
//
// End dates are exclusive. Exceptions (EXDATE) are dates or moments, also in another zone
// than that of their event. Rules are evaluated on the readings of a clock that nobody
// changes and turned into moments after that, so that an event at 09:00 stays at 09:00
// when clocks are changed.
//
// # Why these libraries
//
// Compared in November 2026, with the cases of read_test.go:
//
//   - arran4/golang-ical v0.3.4 (March 2026) has releases and expands no rules. It takes a
//     file that ends between two events for a whole one, and an empty answer for a calendar
//     without events: a freeze would be lost without a word.
//   - emersion/go-ical (March 2025, no releases) reads strictly: what begins must end. It
//     panics on a parameter without a value after it, which Read turns into an error. Its
//     own recurrence sets take exceptions as additions and no list of them, so they are not
//     used.
//   - teambition/rrule-go v1.8.2 (January 2023) evaluates rules, tested against dateutil;
//     both of the above point to it. Rules within a day are wrong over changes of clocks
//     (its issue 63), and they are refused here.
package calendar
