package eventstest

import (
	"testing"
	"time"
)

// Patience bounds every wait of a test: only a failure takes that long.
const Patience = 2 * time.Minute

// Receive waits for one value.
func Receive[T any](t testing.TB, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(Patience):
		t.Fatalf("no %s within %s", what, Patience)
		panic("unreachable")
	}
}

// Eventually waits until something holds that nothing announces.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline, tick := time.NewTimer(Patience), time.NewTicker(5*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not within %s: %s", Patience, what)
		}
	}
}
