// Package spec is the Schedule document: when experiments are run, or faults drawn, on
// their own. It is pure; the files and addresses of calendars are read by whoever has it.
package spec
