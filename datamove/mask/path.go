package mask

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// step is one step of a path: a name, a place in an array, or any of both.
type step struct {
	name  string
	index int // -1 for a name
	any   bool
}

// parsePath reads $.a.b, $['odd key'], $["x"], $.items[*].name, $[0] and $.*.
func parsePath(path string) ([]step, error) {
	rest, ok := strings.CutPrefix(path, "$")
	if !ok {
		return nil, errors.New("begins without $, want a path such as $.user.email or $.items[*].name")
	}
	steps := []step{}
	for rest != "" {
		s, after, err := parseStep(rest)
		if err != nil {
			return nil, err
		}
		steps, rest = append(steps, s), after
	}
	return steps, nil
}

// parseStep reads the first step of what is left of a path.
func parseStep(rest string) (s step, after string, err error) {
	switch {
	case strings.HasPrefix(rest, ".."):
		return s, rest, errors.New("has .., which is not supported; name each step, or use * for any")
	case rest[0] == '.':
		return parseName(rest[1:])
	case rest[0] == '[':
		return parseBracket(rest[1:])
	}
	return s, rest, fmt.Errorf("has %.20q where . or [ must stand", rest)
}

func parseName(s string) (step, string, error) {
	end := strings.IndexAny(s, ".[")
	if end < 0 {
		end = len(s)
	}
	name := s[:end]
	switch {
	case name == "":
		return step{}, "", errors.New("has a step without a name; write $[''] for an empty one")
	case name == "*":
		return step{any: true, index: -1}, s[end:], nil
	case strings.ContainsAny(name, "*]'\" "):
		return step{}, "", fmt.Errorf("has %.20q, want a plain name; write others as ['...']", name)
	}
	return step{name: name, index: -1}, s[end:], nil
}

func parseBracket(s string) (step, string, error) {
	if s != "" && (s[0] == '\'' || s[0] == '"') {
		return parseQuoted(s)
	}
	inner, rest, ok := strings.Cut(s, "]")
	if !ok {
		return step{}, "", errors.New("has a [ without ]")
	}
	if inner == "*" {
		return step{any: true, index: -1}, rest, nil
	}
	n, err := strconv.Atoi(inner)
	if err != nil || n < 0 || inner[0] == '+' {
		return step{}, "", fmt.Errorf("has [%.20s], want [0], [*] or ['name']", inner)
	}
	return step{index: n}, rest, nil
}

func parseQuoted(s string) (step, string, error) {
	quote := s[0]
	var name strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			name.WriteByte(s[i])
		case c == quote:
			if i+1 == len(s) || s[i+1] != ']' {
				return step{}, "", errors.New("has a quoted name without ] after it")
			}
			return step{name: name.String(), index: -1}, s[i+2:], nil
		default:
			name.WriteByte(c)
		}
	}
	return step{}, "", errors.New("has a quoted name without an end")
}
