// Package feed reads the calendars of schedules: the ones that stand in a document, and
// those at an address, anew each time. Whatever cannot be read is an error, so that nothing
// starts; nothing is remembered from an earlier time.
package feed
