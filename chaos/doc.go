// Package chaos injects faults and proves how they ended. It owns the faults,
// the guards before them, the ledger, the emergency stop and the timeline of a
// recovery.
//
// # Events
//
// In come v1.chaos.fault.inject and v1.chaos.fault.revert, and the calls to
// stop, resume and list. Out go, for each fault:
//
//   - fault.refused: a guard or the stop said no. Nothing was touched, and
//     nothing else follows.
//   - fault.injected, when every kill was accepted, or fault.failed, when one
//     was not or the fault could not begin. Its victims are those that were hit.
//   - recovery.marked for each point of each victim's recovery.
//   - fault.reverted, always after the two above, when the entry is closed.
//
// # Invariants
//
//  1. The ledger entry is created before anything is touched, and every state is
//     written before its first effect. Creation is compare-and-set, so one fault
//     id is injected once.
//  2. A kill is sent for a UID and at most once. A fault that is found in
//     planned or injecting after a crash is never injected again: what became of
//     its victims is looked up and told.
//  3. An entry is worked on by the holder of its lease. One that nobody holds is
//     taken over, reverted and closed: the server's own at its start, those of
//     others when their lease lapsed.
//  4. Events are written to the entry together with the state they tell of and
//     published afterwards with fixed ids: none is lost, none is told twice.
//  5. All guards are asked, all answers are recorded, and a guard that cannot
//     tell says no.
//  6. The stop is written before open faults are looked for, and read after an
//     entry is written: each fault is ended by the one or refused by the other.
//  7. A mark is the arrival of a watch event. One found later, after a gap, says
//     so and gives both ends of the interval.
package chaos
