// Package plan says what a schedule starts on which day. It is pure: the same document,
// calendars and members give the same plan, whoever computes it, wherever and when.
//
// # How a monkey draws
//
// A working day is a day of the schedule's zone on which its hours begin, whose weekday
// counts, which no holiday or freeze takes as a whole, and of whose hours these leave
// something. For each group and working day there is one seed,
//
//	SHA-256 of HASH "\n" GROUP "\n" DATE
//
// with the hash that Document.Hash gives and the date as 2027-03-28. Its four numbers of
// eight bytes, most significant first, are fractions of 2^64 and decide in this order
// whether a member is hit, which, when, and by what.
//
// One is hit when the first fraction is below 1/(mean-gap+1) and in the gap-1 working days
// before nobody of the group was. With that chance the mean number of working days from
// one to the next is (gap-1) + (mean-gap+1), the mean that was asked for. Nothing has to be
// remembered: where a gap may matter, the days before are drawn again, back to where enough
// of them in a row drew nobody, or to an anchor: a day whose number since 1970-01-01 is a
// multiple of 4096, before which somebody counts as hit.
//
// # What can shift a plan
//
// A document that is changed has another hash. Members that come or go change which one is
// hit, and calendars which days count. A plan that was stored is not computed again.
package plan
