// Package monkey plans what schedules start. What it stands on are leaves, one package
// each: spec is the Schedule document, wall has the clocks of zones, cron the expressions,
// calendar iCalendar files and feed where they come from, plan the draws, and migrate reads
// the settings of other tools.
package monkey
