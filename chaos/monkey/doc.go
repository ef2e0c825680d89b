// Package monkey keeps schedules and starts what they plan: it draws faults at random times
// of working days, or starts experiments by cron, and asks for each as a run of experiments.
//
// What it stands on are leaves, one package each: spec is the Schedule document, wall has
// the clocks of zones, cron the expressions, calendar iCalendar files and feed where they
// come from, plan the draws, and migrate reads the settings of other tools.
//
// # Events
//
// In: run.finished. Out: schedule.applied, schedule.deleted, plan.made, plan.failed,
// start.decided; to experiments: run.start. Answers schedule.apply, delete, list and show,
// plan.list, start.veto and target.explain; asks environment.list, run.list, run.show and
// run.abort.
//
// # A start's way
//
// make.go stores the plan of a day the day before and publishes it. look.go finds what is
// due, decide.go says what is done about it (pure), begin.go asks whether something speaks
// against it and writes its row, ask.go asks for its runs.
//
// # Invariants
//
//  1. The row of a start is created before anything is asked for, and only one server can
//     create it: a start is made once, or not at all. A veto creates the same row.
//  2. Ids follow from the schedule, the group and the day: whatever is done again, after a
//     crash, by another server or with a document that was changed, is the same start.
//  3. While a calendar cannot be read, or another question has no answer, nothing starts.
//  4. Missed starts are never worked off: what is older than startingDeadline is not looked
//     at, and of what was due while nobody looked at most the newest is made up for.
//  5. A clock that was changed is not believed before it has kept still for a while.
package monkey
