// Package record is the run record: everything that is known of one run, from which
// every report is rendered, and the measures that follow from its samples and marks. It
// is pure: it reads nothing but its arguments.
package record
