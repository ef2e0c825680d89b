package experiments

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets many tests wait at the same time: they spend their time in the
// intervals of the experiments, not on a processor.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}
