// Package chaos injects faults and proves how they ended. It owns the ledger of
// faults, the guards that every fault must pass, the emergency stop and the way
// from an injection to its end. What a fault is, it does not know: that is said by
// the kinds (Kind), such as those of chaos/pod.
//
// # Events
//
// In come v1.chaos.fault.inject and v1.chaos.fault.revert, and the calls to
// stop, resume, list faults and kinds, plan a
// fault, and arm a protected environment. Out go, for each fault, with its run as
// their correlation:
//
//   - fault.refused: a guard, the stop or the server that would have to do it said
//     no. Nothing was touched.
//   - fault.injected, when every injection was accepted, or fault.failed, when one
//     was not or the fault could not begin. Its victims are those that were hit.
//   - recovery.marked for each point on the way of each victim, with what it proves:
//     the injection was sent, the effect was seen, the victim is healed.
//   - fault.reverted, always after the two above, when the fault is closed; and
//     whenever fault.revert asked for an end, also of a fault that was refused or
//     that nobody has heard of.
//
// # A fault's way
//
// begin.go: the kind surveys the target and draws victims, all guards decide, the
// victims are written to the ledger. inject.go: each is hit, in order. recover.go:
// the effect is held for its duration and reverted; the victims are watched until
// they are healed or the budget is spent; resume.go and settle.go do so for a fault
// that another process began. close.go: the fault is reverted and
// leaves the ledger for what is remembered (past.go).
//
// # Invariants
//
//  1. The ledger row is written before anything is touched, and every state is
//     written before its first effect. One fault id is injected once.
//  2. An injection is sent for the ID of a victim and at most once, while the lease
//     of the row is surely ours. A fault that another life left in planned or
//     injecting is never injected again: what became of its victims is looked up
//     and published.
//  3. A row is worked on by the holder of its lease, as package events/work keeps
//     it. One that nobody holds is claimed, reverted and closed.
//  4. Events are written to the row together with the state that they are about and
//     published afterwards with fixed ids: none is lost, none has two meanings.
//  5. All guards are asked, all decisions are recorded, and a guard that cannot
//     decide refuses. What a guard sums, it sums over all open faults.
//  6. The stop is written before open faults are listed, and read right before each
//     injection: each fault is ended by the one or refused by the other. Who holds a
//     fault ends it as soon as he sees the stop, and every server goes on asking for
//     the end of what is open until nothing is.
//  7. A mark is the time at which the kind saw it. One found later, after a gap, says
//     so and gives both ends of the interval. What is due is marked before it is asked
//     whether the fault is over.
//  8. Whatever cannot be watched or read is reverted when its time is up or its end is
//     asked for, and a victim of which it is not known whether it was hit counts as hit
//     there, and nowhere else.
package chaos
