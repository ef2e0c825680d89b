// Package eventstest is for tests: Suite is what every implementation of the
// ports in events must pass, and Watcher waits for events in the tests of
// services.
package eventstest
