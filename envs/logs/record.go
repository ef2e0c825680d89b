package logs

import (
	"strings"
	"time"
)

// Record is what a line says, as far as its format is known.
type Record struct {
	// Format is the notation: "json", "logfmt", "klog", "nginx", "text".
	Format string
	// Time is what the program says; zero when it says none.
	Time  time.Time
	Level Level
	// Message is the line itself when the format has no part for it.
	Message string

	fields func(name string) (string, bool)
}

// Field is the value of a field; a dot leads into nested ones.
func (r Record) Field(name string) (string, bool) {
	if r.fields == nil {
		return "", false
	}
	return r.fields(name)
}

// Parse finds out what a line says. It takes any text and never fails: what it does not
// understand is a message.
func Parse(text string) Record {
	text = strings.TrimRight(Readable(text), "\r\n")
	for _, format := range []func(string) (Record, bool){parseJSON, parseLogfmt, parseKlog, parseAccess} {
		if r, ok := format(text); ok {
			return r
		}
	}
	return parseText(text)
}

// The names under which libraries write what every record has.
func timeNames() []string { return []string{"time", "ts", "timestamp", "@timestamp", "t", "datetime"} }

func levelNames() []string {
	return []string{"level", "severity", "lvl", "log.level", "@level", "levelname", "loglevel"}
}

func messageNames() []string { return []string{"msg", "message", "@message", "event"} }

// fill takes time, level and message from the fields.
func (r *Record) fill(text string) {
	for _, name := range timeNames() {
		if v, ok := r.fields(name); ok && r.Time.IsZero() {
			r.Time = readTime(v)
		}
	}
	for _, name := range levelNames() {
		if v, ok := r.fields(name); ok && r.Level == Unknown {
			r.Level = levelOf(v)
		}
	}
	r.Message = text
	for _, name := range messageNames() {
		if v, ok := r.fields(name); ok {
			r.Message = v
			return
		}
	}
}
