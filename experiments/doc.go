// Package experiments runs experiments: it takes requests for runs, drives each through
// its phases and stores what was seen.
//
// What it stands on are leaves, one package each: spec is the Experiment document,
// record the run record, from which every report is rendered, verdict says what a
// record proves, and probe is the port of the kinds of probes, which prom and kube
// implement.
//
// # Events
//
// In: run.start (a command or another service), environment.ready (starts the
// experiments that say so); and watched while a run is under way, from chaos:
// fault.injected, fault.refused, fault.failed, fault.reverted, recovery.marked,
// stop.engaged. Out: run.started, run.progressed, run.finished; to chaos: fault.inject
// and fault.revert. Answers run.list, run.show and run.abort; asks environment.show and
// stop.show.
//
// # A run's way
//
// handler.go records the request, turns.go says whose turn it is in a place, begin.go
// and locate.go find out where the run goes and whether it may, plan.go decides what
// follows (pure), runner.go waits for it, phase.go stores and publishes it, fold.go takes
// in what chaos publishes, sampler.go what the probes measure, unchanged.go asks whether
// the environment is still the same, conclude.go gives the verdict.
//
// # Invariants
//
//  1. "passed" needs every row of verdict.Requirements; what cannot be measured is
//     never a number, and nothing upgrades a verdict.
//  2. The state of a run is stored before each effect. The id of a fault follows from
//     the run and the step, so no fault is injected twice.
//  3. A run that was interrupted before its first injection begins again with a fresh
//     baseline, within its own time and, if one command ran it, not after that; one
//     interrupted later has its faults reverted and is aborted.
//  4. Every wait is bounded: a run always ends with a verdict.
//  5. A run whose environment, or namespace, was changed, destroyed or made anew meanwhile
//     is inconclusive; one of which that cannot be found out has not passed.
//  6. A run that is aborted on request reverts its faults first, and nothing aborts a run
//     that breaks something else than was said.
package experiments
