package report

import (
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/experiments/record"
)

// TestWhyABadSampleIsBad: the reason of a bad sample stands in its drawing and beside its probe.
func TestWhyABadSampleIsBad(t *testing.T) {
	bad := record.Sample{Value: new(0.0), Why: "status 503, want 200"}
	if got := sampled(canvas{}, bad, 0, 0).Title; !strings.Contains(got, "0 (status 503, want 200), does not hold") {
		t.Errorf("the drawing says %q", got)
	}
	p := record.ProbeSeries{Samples: []record.Sample{{Value: new(1.0), OK: true}, bad, {Value: new(0.0), Why: "another"}}}
	if got := problems(p); len(got) != 1 || got[0] != (fact{"first that did not hold", bad.Why}) {
		t.Errorf("beside the probe stands %q", got)
	}
}
