// Package datamovetest says what every adapter of a store must do, and tests it. An
// adapter calls TestAdapter with a rig that makes ends for it and looks at them by
// other means.
package datamovetest

import (
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
)

// Rig makes ends for an adapter and looks at them by other means than the adapter.
type Rig struct {
	// Adapter is a new adapter, as a new process has it.
	Adapter func() datamove.Adapter
	// Job is a job between two new ends: the source holds something, the target is
	// there and empty. What it means by an existing target is left to its default.
	Job func(t *testing.T) datamove.Job
	// Alter changes one item of the target of a copy, whose number stays.
	Alter func(t *testing.T, j datamove.Job)
	// Content is all that an end of the job holds, by item.
	Content func(t *testing.T, j datamove.Job, source bool) map[string]string
	// Nobody is the URL of a source of the same kind at whose address nobody listens.
	Nobody string
}

// TestAdapter runs the suite. Each case has ends of its own.
func TestAdapter(t *testing.T, r Rig) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Rig)
	}{
		{"a plan changes nothing and names both ends", plans},
		{"a copy is equal and leaves the source alone", copies},
		{"what is there is not written over unasked", refuses},
		{"an include that fits nothing is refused", includes},
		{"another target than the one that was judged is refused", judged},
		{"a run that is resumed ends as one that was not", resumes},
		{"a comparison finds what was altered", compares},
		{"a source that does not answer is unavailable", unanswered},
		{"a context that has ended changes nothing", ended},
		{"a lease that is lost changes nothing", fenced},
		{"fields show no more values than were asked for", samples},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, r) })
	}
}

// noSecret fails the test when a text has the secret of an end.
func noSecret(t *testing.T, j datamove.Job, text string) {
	t.Helper()
	for _, secret := range []string{j.From.Secret, j.To.Secret} {
		if secret != "" && strings.Contains(text, secret) {
			t.Errorf("the secret of an end is in %q", text)
		}
	}
}

// steps hears progress and remembers the steps.
type steps struct{ t *testing.T }

// Step wants a name for every step.
func (s steps) Step(name string) {
	if name == "" {
		s.t.Error("a step has no name")
	}
}

// Count wants no negative numbers.
func (s steps) Count(unit string, done, total, bytes int64) {
	if done < 0 || total < 0 || bytes < 0 {
		s.t.Errorf("unit %s: %d of %d, %d bytes", unit, done, total, bytes)
	}
}
