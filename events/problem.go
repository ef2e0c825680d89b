package events

import (
	"fmt"
	"strings"
)

// Problem is one thing wrong with a spec. Key is the path of the value, such as
// "spec.components.api.replicas" or "spec.method[0].target"; the reader of the
// file adds file and line.
type Problem struct {
	Key     string `json:"key"`
	Message string `json:"message"`
	// Where is "file:line" once the reader of the file has found the key.
	Where string `json:"where,omitempty"`
}

// Problems are all that is wrong with a spec, as one error.
type Problems []Problem

// Add notes a problem of the value at key.
func (p *Problems) Add(key, format string, args ...any) {
	*p = append(*p, Problem{Key: key, Message: fmt.Sprintf(format, args...)})
}

// Check adds a problem unless ok.
func (p *Problems) Check(ok bool, key, format string, args ...any) {
	if !ok {
		p.Add(key, format, args...)
	}
}

// CheckDNSLabel adds a problem unless the name at key is a DNS label.
func (p *Problems) CheckDNSLabel(key, name string) {
	p.Check(IsDNSLabel(name), key,
		"%q is not a DNS label: at most %d of a-z, 0-9 and '-', not '-' at either end", name, MaxDNSLabel)
}

// Error lists one problem a line.
func (p Problems) Error() string {
	lines := make([]string, 0, len(p))
	for _, problem := range p {
		lines = append(lines, problem.String())
	}
	return strings.Join(lines, "\n")
}

// String is "file:line: key: message", as far as it is known.
func (p Problem) String() string {
	parts := make([]string, 0, 3)
	for _, part := range []string{p.Where, p.Key, p.Message} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ": ")
}

// Err is nil when there is no problem.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}
