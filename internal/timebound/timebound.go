// Package timebound asserts bounds in absolute time where they mean something: on a
// machine that has nothing else to do, which is what `make bench` is for. Everywhere
// else it prints the figure, and the test asserts what holds on a busy machine too.
package timebound

import (
	"os"
	"testing"
	"time"
)

// BenchEnv is set by `make bench`, which has the machine for itself.
const BenchEnv = "SHAKEDOWN_BENCH"

// Asserted reports whether the machine is idle, so that bounds in absolute time hold.
func Asserted() bool {
	return os.Getenv(BenchEnv) != "" //nolint:forbidigo // only tests ask
}

// Check prints what took how long, and fails the test under `make bench` when that
// was more than most.
func Check(t testing.TB, what string, took, most time.Duration) {
	t.Helper()
	if took > most && Asserted() {
		t.Errorf("%s took %s, more than %s", what, took, most)
		return
	}
	t.Logf("%s took %s (at most %s on an idle machine)", what, took, most)
}
