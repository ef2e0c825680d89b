package logs

import (
	"strings"
	"unicode"
)

// levels finds the level of each line of a container. The lines of a stack trace have that
// of the line before them.
type levels struct{ head Level }

func (l *levels) of(text string) Level {
	text = Readable(text)
	if continues(text) {
		return l.head
	}
	l.head = Parse(text).Level
	return l.head
}

// continues says whether a line belongs to the one before it: a frame of a stack trace, a
// cause, the class of an exception, or anything that is indented.
func continues(text string) bool {
	if text == "" {
		return true
	}
	if text[0] == '\t' || text[0] == ' ' {
		return !strings.HasPrefix(strings.TrimLeft(text, " \t"), "{")
	}
	for _, begin := range []string{"Caused by: ", "Suppressed: ", "... ", "goroutine ", "created by "} {
		if strings.HasPrefix(text, begin) {
			return true
		}
	}
	return isException(text) || isCall(text)
}

// isException says whether a line begins with the qualified class of an exception.
func isException(text string) bool {
	class, _, _ := strings.Cut(text, ":")
	dot := strings.LastIndexByte(class, '.')
	return dot > 0 && isThrown(class) && unicode.IsUpper(rune(class[dot+1]))
}

// isCall says whether a line is the call of a function and nothing else, as Go's traces
// have them.
func isCall(text string) bool {
	name, _, found := strings.Cut(text, "(")
	return found && strings.HasSuffix(text, ")") && strings.Contains(name, ".") && !strings.ContainsAny(text, " \t")
}
