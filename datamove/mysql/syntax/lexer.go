package syntax

import (
	"fmt"
	"strings"
)

// lexer divides SQL text into tokens.
type lexer struct {
	dialect Dialect
	text    string
	at      int
	depth   int // of version comments
	out     []Token
}

// Lex divides SQL text into tokens. Errors are quotes and comments without an end.
func Lex(text string, d Dialect) ([]Token, error) {
	l := lexer{dialect: d, text: text}
	for l.at < len(text) {
		kind, end := l.next()
		if end < 0 {
			return nil, fmt.Errorf("a quote or comment that begins at byte %d has no end", l.at)
		}
		l.out = append(l.out, Token{kind, text[l.at:end]})
		l.at = end
	}
	if l.depth > 0 {
		return nil, fmt.Errorf("a version comment has no end")
	}
	return l.out, nil
}

// next is the token at l.at and where it ends, -1 when it does not.
func (l *lexer) next() (Kind, int) {
	rest := l.text[l.at:]
	switch c := rest[0]; {
	case isSpace(c):
		return Space, l.while(isSpace)
	case c == '`':
		return Name, l.quote('`', false)
	case c == '"' && l.dialect.ANSIQuotes:
		return Name, l.quote('"', false)
	case c == '\'', c == '"':
		return Text, l.quote(c, !l.dialect.NoBackslash)
	case c == '#', strings.HasPrefix(rest, "--") && (len(rest) == 2 || isSpace(rest[2]) || rest[2] < ' '):
		return Comment, l.line()
	case strings.HasPrefix(rest, "/*"):
		return l.comment()
	case l.depth > 0 && strings.HasPrefix(rest, "*/"):
		l.depth--
		return Close, l.at + 2
	case isWord(c):
		return Word, l.word()
	}
	return Mark, l.at + 1
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f'
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// IsDigit says whether a byte is one of 0 to 9.
func IsDigit(c byte) bool { return c >= '0' && c <= '9' }

func (l *lexer) while(fits func(byte) bool) int {
	i := l.at
	for i < len(l.text) && fits(l.text[i]) {
		i++
	}
	return i
}

func (l *lexer) word() int {
	i := l.at
	for i < len(l.text) && isWord(l.text[i]) {
		i += l.width(i)
	}
	return i
}

// width is 2 for a character of two bytes.
func (l *lexer) width(i int) int {
	if l.dialect.leads(l.text[i]) && i+1 < len(l.text) {
		return 2
	}
	return 1
}

// quote finds the end of what is quoted; the quote itself is doubled inside.
func (l *lexer) quote(by byte, backslash bool) int {
	for i := l.at + 1; i < len(l.text); i += l.width(i) {
		switch {
		case backslash && l.text[i] == '\\':
			i++
			if i >= len(l.text) {
				return -1
			}
		case l.text[i] != by:
		case i+1 < len(l.text) && l.text[i+1] == by:
			i++
		default:
			return i + 1
		}
	}
	return -1
}

func (l *lexer) line() int {
	if i := strings.IndexByte(l.text[l.at:], '\n'); i >= 0 {
		return l.at + i + 1
	}
	return len(l.text)
}

// comment is a plain comment as a whole, or the beginning of a version comment.
func (l *lexer) comment() (Kind, int) {
	rest := l.text[l.at:]
	mark := 0
	switch {
	case strings.HasPrefix(rest, "/*!"):
		mark = 3
	case strings.HasPrefix(rest, "/*M!"):
		mark = 4
	default:
		if i := strings.Index(rest[2:], "*/"); i >= 0 {
			return Comment, l.at + i + 4
		}
		return Comment, -1
	}
	l.depth++
	for n := 0; n < 6 && mark < len(rest) && IsDigit(rest[mark]); n++ {
		mark++
	}
	return Open, l.at + mark
}
