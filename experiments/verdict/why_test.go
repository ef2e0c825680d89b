package verdict

import (
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/experiments/record"
)

// TestWhyABadSampleIsBad: a reason takes the place of a value that says nothing.
func TestWhyABadSampleIsBad(t *testing.T) {
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	p := record.ProbeSeries{Compare: ">=", Value: 1}
	for why, want := range map[string]string{"status 503, want 200": "status 503, want 200 at 10:00:00.000", "": "0 at 10:00:00.000, want >= 1"} {
		if got := describe(p, record.Sample{At: at, Value: new(0.0), Why: why}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
