package html_test

import (
	"testing"

	"github.com/shakedown-dev/shakedown/internal/html"
)

func TestNothingCommandsATerminal(t *testing.T) {
	for text, want := range map[string][2]string{
		"":                   {"", ""},
		"größer ≥ 3":         {"größer ≥ 3", "größer ≥ 3"},
		"a\x1b[31mb\x00c":    {"a\uFFFD[31mb\uFFFDc", "a\uFFFD[31mb\uFFFDc"},
		"a\u202ed\x9be":      {"a\uFFFDd\uFFFDe", "a\uFFFDd\uFFFDe"},
		"one\r\ntwo\tthree":  {"one \ntwo\tthree", "one  two three"},
		"a\u2028b\u00a0c\vd": {"a b c d", "a b c d"},
	} {
		if got := [2]string{html.Plain(text), html.Line(text)}; got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
