package logs

import (
	"strings"

	"github.com/shakedown-dev/shakedown/events"
)

// Level is how grave a line is; a higher one is graver.
type Level int

// The levels. What has none is not known.
const (
	Unknown Level = iota
	Trace
	Debug
	Info
	Warn
	Error
	Fatal
)

// Levels are the names of the levels that can be asked for.
func Levels() []string { return []string{"trace", "debug", "info", "warn", "error", "fatal"} }

// String is the name of the level, "" when it is not known.
func (l Level) String() string {
	if l <= Unknown || l > Fatal {
		return ""
	}
	return Levels()[l-1]
}

// ParseLevel reads a level that somebody asks for. Errors: *events.Error of KindInvalid.
func ParseLevel(name string) (Level, error) {
	if l := levelOf(name); l != Unknown {
		return l, nil
	}
	return Unknown, events.Errorf(events.KindInvalid, "known are "+strings.Join(Levels(), ", "), "level %q is not known", name)
}

// levelOf is the level that a word means in the logs of the usual libraries.
func levelOf(word string) Level {
	switch strings.ToLower(word) {
	case "trace", "trc", "finest", "finer", "verbose", "10":
		return Trace
	case "debug", "dbg", "debu", "fine", "20":
		return Debug
	case "info", "inf", "information", "informational", "notice", "config", "30":
		return Info
	case "warn", "warning", "wrn", "40":
		return Warn
	case "error", "err", "eror", "erro", "severe", "50":
		return Error
	case "fatal", "ftl", "critical", "crit", "panic", "dpanic", "pnc", "alert", "emerg", "emergency", "60":
		return Fatal
	}
	return Unknown
}
