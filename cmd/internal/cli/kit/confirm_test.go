package kit

import (
	"bytes"
	"strings"
	"testing"
)

// TestConfirm: nothing but the whole word is a yes, and nobody is asked who is not there.
func TestConfirm(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]int{"yes\n": ExitDone, " yes ": ExitDone, "y\n": ExitRefused, "\n": ExitRefused, "": ExitRefused, "yes, but\n": ExitRefused} {
		var asked bytes.Buffer
		d := &Deps{World: World{In: strings.NewReader(answer), Err: &asked, InTTY: true}}
		if code := ExitCode(t.Context(), d.Confirm("Delete it?")); code != want || asked.String() != "Delete it? Type yes: " {
			t.Errorf("%q: exit code %d, asked %q", answer, code, asked.String())
		}
	}
	d := &Deps{World: World{In: strings.NewReader("yes\n")}}
	if err := d.Confirm("Delete it?"); ExitCode(t.Context(), err) != ExitRefused || HintOf(err) != "add --yes" {
		t.Errorf("without a terminal: %v", err)
	}
}
