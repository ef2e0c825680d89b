package html

import (
	"strings"
	"unicode"
)

// Plain is a text of others without what could command a terminal or turn its lines
// around; it keeps line breaks and tabs.
func Plain(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '\n' || c == '\t' {
			return c
		}
		return printable(c)
	}, s)
}

// Line is Plain on one line, so that no name can forge a line either.
func Line(s string) string { return strings.Map(printable, s) }

func printable(c rune) rune {
	switch {
	case unicode.IsSpace(c):
		return ' '
	case !unicode.IsPrint(c):
		return unicode.ReplacementChar
	}
	return c
}
