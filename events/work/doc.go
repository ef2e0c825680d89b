// Package work is the one work queue of all services. A Queue keeps rows: one
// for each piece of work that was asked for, with who works on it. It is the
// only place where leases are written, renewed and compared.
//
// # A row's way
//
//  1. Add records a request under an id. The same request again is ErrKnown, however
//     old it is, as long as its row is open or its end is remembered. One that nobody
//     knows is recorded only up to the age Config.MaxAge. Beyond it, it is ErrLate:
//     it was surely never taken, and the service publishes that it is refused. When
//     it is so old that its end may be forgotten (a stream keeps events longer than
//     Config.Keep), it is ErrForgotten as well: it is not run, and nothing is
//     published, since it may have had its outcome. While what is remembered cannot
//     be read, nothing is recorded.
//  2. Every server that runs the queue watches its bucket. One of them claims the
//     row: compare-and-set decides, and the row's epoch counts the claims.
//  3. The handler works under the claim. The lease is renewed beside it, however
//     long it takes. Its context ends with the cause ErrLost when the lease may
//     lapse before it could be renewed, and ErrSuperseded when a later request
//     has taken the row.
//  4. Claim.Update changes the row; events are put into its outbox by Post within
//     the same write and published by Flush, with fixed ids, so that none is lost
//     and none is published with two meanings.
//  5. Claim.End (or a handler that returns nil) publishes what is left in the
//     outbox, remembers the end of the row with its summary for Config.Keep in a
//     bucket of its own, and deletes the row. The working bucket holds open rows
//     only.
//  6. A handler that returns an error gives the row back, and it is tried again
//     later and later. One whose server stops gives it back at once.
//
// # Guarantees
//
//   - A write under a claim succeeds only while that claim is the row's newest.
//   - A lease lapses by the observer's own clock: when the row has not changed for
//     its whole TTL while this process watched. So does the pause after a failed
//     attempt, from the moment at which it was seen given back. No two clocks are
//     compared. The
//     holder stops acting at four fifths of that, by its own clock, counted from
//     the moment before the last renewal was sent.
//   - Claim.Deadline is what every outside effect takes its context from, and
//     events.CheckFence is what an adapter asks right before the call.
//   - A row that cannot be decoded hides no other. Open and Pasts return those that
//     can be read with an error that names the rest and matches ErrUnreadable: a
//     list shows them, and whoever decides by what is open refuses.
//   - A row is handled at least once; what a handler does must be safe to do again
//     from any of its writes on.
//   - A server claims rows of its own id at once, since its former process is dead.
//   - Nothing is polled: the loop sleeps until a row changes, a lease lapses or a
//     pause is over.
//   - That a request was superseded is written with what takes its place: what
//     Config.Superseded posts is published at least once, with one id.
//
// Leader is a queue of one row that never ends: of all servers one has the duty.
// Mirror is a bucket followed in memory, for lists that must be quick. Reporter
// publishes progress off the way of the work.
package work
