// Package experiments runs experiments and says what they proved.
//
// It owns the Experiment document (Document), the run with its state machine, the
// probes (ports Prober and Readiness), the verdict and the run record (Record),
// from which every report is rendered.
//
// # Events
//
// In: run.start (a command or another service), environment.ready (starts the
// experiments that say so), and from chaos: fault.injected, fault.refused,
// fault.failed, fault.reverted, recovery.marked, stop.engaged.
// Out: run.started, run.progressed, run.finished; to chaos: fault.inject and
// fault.revert. Answers run.list and run.show.
//
// # Invariants
//
//  1. "passed" needs every requirement of Requirements; what cannot be measured is
//     never a number, and nothing upgrades a verdict.
//  2. The state of a run is stored before each effect. The id of a fault follows from
//     the run and the step, so no fault is injected twice.
//  3. A run that was interrupted before its first injection begins again with a fresh
//     baseline; one interrupted later has its faults reverted and is aborted.
//  4. Every wait is bounded: a run always ends with a verdict.
package experiments
