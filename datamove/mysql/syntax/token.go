// Package syntax reads SQL text as MySQL and MariaDB print it, and rewrites it token by
// token: whatever is not rewritten stays as it was.
package syntax

import (
	"strings"
)

// Kind is what a piece of SQL text is.
type Kind int

// The kinds of tokens.
const (
	Space Kind = iota
	Comment
	// tokenOpen is the beginning of a version comment, "/*!50100" or "/*M!100300";
	// what follows is SQL up to the tokenClose.
	Open
	Close
	Name // quoted identifier
	Text // string literal
	Word // keyword, bare identifier or number
	Mark // one character of punctuation
)

// Token is a piece of SQL text. All tokens one after the other are the text again.
type Token struct {
	Kind Kind
	Text string
}

// Dialect is what decides how SQL text is read.
type Dialect struct {
	ANSIQuotes, NoBackslash bool
	// charset is that of the text's bytes; only those with two-byte characters whose
	// second byte looks like ASCII matter.
	Charset string
}

// DialectOf reads a sql_mode.
func DialectOf(sqlMode, charset string) Dialect {
	d := Dialect{Charset: charset}
	for word := range strings.SplitSeq(strings.ToUpper(sqlMode), ",") {
		switch word {
		case "ANSI_QUOTES", "ANSI", "DB2", "MAXDB", "MSSQL", "ORACLE", "POSTGRESQL":
			d.ANSIQuotes = true
		case "NO_BACKSLASH_ESCAPES":
			d.NoBackslash = true
		}
	}
	return d
}

// leads says whether the byte begins a character of two bytes.
func (d Dialect) leads(b byte) bool {
	switch d.Charset {
	case "sjis", "cp932":
		return b >= 0x81 && b <= 0x9f || b >= 0xe0 && b <= 0xfc
	case "big5", "gbk", "gb18030":
		return b >= 0x81 && b <= 0xfe
	}
	return false
}

// Join is the text of the tokens.
func Join(tokens []Token) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString(t.Text)
	}
	return b.String()
}

// Silent tokens have no meaning of their own.
func (t Token) Silent() bool {
	return t.Kind == Space || t.Kind == Comment || t.Kind == Open || t.Kind == Close
}

// Is says whether the token is the keyword or mark.
func (t Token) Is(text string) bool {
	return (t.Kind == Word || t.Kind == Mark) && strings.EqualFold(t.Text, text)
}

// Identifier is the identifier that the token is, if it can be one.
func (t Token) Identifier() (string, bool) {
	switch t.Kind {
	case Word:
		return t.Text, true
	case Name:
		q := t.Text[:1]
		return strings.ReplaceAll(t.Text[1:len(t.Text)-1], q+q, q), true
	default:
		return "", false
	}
}

// After is the index of the next token after i that means something, len(tokens)
// when there is none.
func After(tokens []Token, i int) int {
	for i++; i < len(tokens) && tokens[i].Silent(); i++ {
	}
	return min(i, len(tokens))
}

// Follows says whether the words come one after the other, the first at i or later
// than silent tokens at i; end is the index of the last one.
func Follows(tokens []Token, i int, words ...string) (end int, ok bool) {
	i--
	for _, word := range words {
		i = After(tokens, i)
		if i >= len(tokens) || !tokens[i].Is(word) {
			return 0, false
		}
	}
	return i, true
}
