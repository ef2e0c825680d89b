package logs

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// parseKlog reads the header of klog and glog: a letter for the level, month and day.
func parseKlog(text string) (Record, bool) {
	if len(text) < 21 || text[5] != ' ' || text[8] != ':' || !isDigits(text[1:5]) || !strings.ContainsRune("IWEF", rune(text[0])) {
		return Record{}, false
	}
	_, message, found := strings.Cut(text, "] ")
	if !found {
		return Record{}, false
	}
	level := map[byte]Level{'I': Info, 'W': Warn, 'E': Error, 'F': Fatal}[text[0]]
	return Record{Format: "klog", Level: level, Message: message}, true // its time has no year
}

func isDigits(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return c < '0' || c > '9' }) < 0
}

// parseAccess reads the combined format of the access logs of nginx and Apache. It has no
// level; a status of 500 or more counts as an error, one of 400 or more as a warning.
func parseAccess(text string) (Record, bool) {
	if !strings.Contains(text, `] "`) {
		return Record{}, false
	}
	m := regexp.MustCompile(`^(\S+) \S+ \S+ \[([^\]]+)\] "(\S+) (\S+)[^"]*" (\d{3}) (\d+|-)`).FindStringSubmatch(text)
	if m == nil {
		return Record{}, false
	}
	at, err := time.Parse("02/Jan/2006:15:04:05 -0700", m[2])
	if err != nil {
		return Record{}, false
	}
	level := Info
	switch m[5][0] {
	case '5':
		level = Error
	case '4':
		level = Warn
	}
	values := map[string]string{"remote": m[1], "method": m[3], "path": m[4], "status": m[5], "bytes": m[6]}
	return Record{Format: "nginx", Time: at.UTC(), Level: level, Message: text, fields: func(name string) (string, bool) {
		value, there := values[name]
		return value, there
	}}, true
}

// headWords is how many words of a line may stand before its level.
const headWords = 6

// parseText finds a time at the beginning of a line and a level among its first words.
func parseText(text string) Record {
	at, rest := leadingTime(text)
	r := Record{Format: "text", Time: at, Message: text, Level: outcry(text)}
	if r.Level != Unknown {
		return r
	}
	for i := 0; i < headWords && rest != ""; i++ {
		var word string
		word, rest, _ = strings.Cut(strings.TrimLeftFunc(rest, unicode.IsSpace), " ")
		if r.Level = headLevel(word); r.Level != Unknown {
			return r
		}
	}
	return r
}

// headLevel is the level that a word of a header names: one in capitals, in brackets or
// with a colon behind it. Others are words of a sentence.
func headLevel(word string) Level {
	name, _, _ := strings.Cut(strings.Trim(word, "[]()<>|:,-*"), ":")
	if name == "" || strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsLetter(c) }) {
		return Unknown
	}
	marked := name == strings.ToUpper(name) || strings.HasPrefix(word, "[") || strings.HasSuffix(word, ":")
	if !marked {
		return Unknown
	}
	return levelOf(name)
}

// outcry is the level of what programs write when they end by surprise.
func outcry(text string) Level {
	for _, begin := range []string{"panic: ", "fatal error: "} {
		if strings.HasPrefix(text, begin) {
			return Fatal
		}
	}
	for _, begin := range []string{"Exception in thread ", "Traceback (most recent call last)", "Unhandled exception"} {
		if strings.HasPrefix(text, begin) {
			return Error
		}
	}
	if class, _, _ := strings.Cut(text, ":"); isThrown(class) && unicode.IsUpper(rune(class[0])) {
		return Error
	}
	return Unknown
}

// isThrown says whether a word is the name of an exception, qualified or not.
func isThrown(class string) bool {
	return !strings.ContainsAny(class, " \t/") && slices.ContainsFunc([]string{"Exception", "Error", "Throwable"}, func(end string) bool {
		return strings.HasSuffix(class, end)
	})
}
