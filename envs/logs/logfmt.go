package logs

import (
	"slices"
	"strconv"
	"strings"
)

// parseLogfmt reads pairs of key=value, as slog, logrus and go-kit write them. A line is
// logfmt only if it is nothing else and has one of the fields that every record has.
func parseLogfmt(text string) (Record, bool) {
	if !strings.Contains(text, "=") {
		return Record{}, false
	}
	pairs, ok := logfmtPairs(text)
	if !ok || !isRecord(pairs) {
		return Record{}, false
	}
	r := Record{Format: "logfmt", fields: func(name string) (string, bool) {
		value, there := pairs[name]
		return value, there
	}}
	r.fill(text)
	return r, true
}

func isRecord(pairs map[string]string) bool {
	names := slices.Concat(timeNames(), levelNames(), messageNames())
	return len(pairs) > 1 && slices.ContainsFunc(names, func(name string) bool {
		_, there := pairs[name]
		return there
	})
}

// logfmtPairs are the pairs of a line; ok is false when it has anything else. Of two of
// one name the first counts.
func logfmtPairs(text string) (pairs map[string]string, ok bool) {
	pairs = map[string]string{}
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimLeft(rest, " \t") {
		key, after, found := strings.Cut(rest, "=")
		if !found || !isLogfmtKey(key) {
			return nil, false
		}
		var value string
		if value, rest, ok = logfmtValue(after); !ok {
			return nil, false
		}
		if _, twice := pairs[key]; !twice {
			pairs[key] = value
		}
	}
	return pairs, true
}

func isLogfmtKey(key string) bool {
	return key != "" && !strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c == '"' || c == '{' })
}

// logfmtValue is the value at the beginning of a text, and what follows it.
func logfmtValue(text string) (value, rest string, ok bool) {
	if strings.HasPrefix(text, `"`) {
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			return "", "", false
		}
		value, err = strconv.Unquote(quoted)
		rest = text[len(quoted):]
		return value, rest, err == nil && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
	}
	end := strings.IndexAny(text, " \t")
	if end < 0 {
		end = len(text)
	}
	return text[:end], text[end:], true
}
