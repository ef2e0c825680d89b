package timebound_test

import (
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/internal/timebound"
)

// verdict is a test that only remembers whether it failed.
type verdict struct {
	testing.TB
	failed bool
}

func (v *verdict) Helper()               {}
func (v *verdict) Logf(string, ...any)   {}
func (v *verdict) Errorf(string, ...any) { v.failed = true }

func TestCheck(t *testing.T) {
	for name, test := range map[string]struct {
		env    string
		took   time.Duration
		failed bool
	}{
		"slow on a busy machine":    {"", 2 * time.Second, false},
		"slow on an idle machine":   {"1", 2 * time.Second, true},
		"in time":                   {"1", time.Second, false},
		"in time, on a busy one":    {"", time.Second, false},
		"a moment more than wanted": {"1", time.Second + 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(timebound.BenchEnv, test.env)
			v := &verdict{TB: t}
			timebound.Check(v, "it", test.took, time.Second)
			if v.failed != test.failed {
				t.Errorf("failed %t, want %t", v.failed, test.failed)
			}
		})
	}
}
