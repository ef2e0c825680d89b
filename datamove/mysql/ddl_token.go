package mysql

import (
	"fmt"
	"strings"
)

// tokenKind is what a piece of SQL text is.
type tokenKind int

const (
	tokenSpace tokenKind = iota
	tokenComment
	// tokenOpen is the beginning of a version comment, "/*!50100" or "/*M!100300";
	// what follows is SQL up to the tokenClose.
	tokenOpen
	tokenClose
	tokenName // quoted identifier
	tokenText // string literal
	tokenWord // keyword, bare identifier or number
	tokenMark // one character of punctuation
)

// token is a piece of SQL text. All tokens one after the other are the text again.
type token struct {
	kind tokenKind
	text string
}

// dialect is what decides how SQL text is read.
type dialect struct {
	ansiQuotes, noBackslash bool
	// charset is that of the text's bytes; only those with two-byte characters whose
	// second byte looks like ASCII matter.
	charset string
}

// dialectOf reads a sql_mode.
func dialectOf(sqlMode, charset string) dialect {
	d := dialect{charset: charset}
	for word := range strings.SplitSeq(strings.ToUpper(sqlMode), ",") {
		switch word {
		case "ANSI_QUOTES", "ANSI", "DB2", "MAXDB", "MSSQL", "ORACLE", "POSTGRESQL":
			d.ansiQuotes = true
		case "NO_BACKSLASH_ESCAPES":
			d.noBackslash = true
		}
	}
	return d
}

// leads says whether the byte begins a character of two bytes.
func (d dialect) leads(b byte) bool {
	switch d.charset {
	case "sjis", "cp932":
		return b >= 0x81 && b <= 0x9f || b >= 0xe0 && b <= 0xfc
	case "big5", "gbk", "gb18030":
		return b >= 0x81 && b <= 0xfe
	}
	return false
}

// lexer cuts SQL text into tokens.
type lexer struct {
	dialect dialect
	text    string
	at      int
	depth   int // of version comments
	out     []token
}

// lex cuts SQL text into tokens. Errors are quotes and comments without an end.
func lex(text string, d dialect) ([]token, error) {
	l := lexer{dialect: d, text: text}
	for l.at < len(text) {
		kind, end := l.next()
		if end < 0 {
			return nil, fmt.Errorf("a quote or comment that begins at byte %d has no end", l.at)
		}
		l.out = append(l.out, token{kind, text[l.at:end]})
		l.at = end
	}
	if l.depth > 0 {
		return nil, fmt.Errorf("a version comment has no end")
	}
	return l.out, nil
}

// next is the token at l.at and where it ends, -1 when it does not.
func (l *lexer) next() (tokenKind, int) {
	rest := l.text[l.at:]
	switch c := rest[0]; {
	case isSpace(c):
		return tokenSpace, l.while(isSpace)
	case c == '`':
		return tokenName, l.quote('`', false)
	case c == '"' && l.dialect.ansiQuotes:
		return tokenName, l.quote('"', false)
	case c == '\'', c == '"':
		return tokenText, l.quote(c, !l.dialect.noBackslash)
	case c == '#', strings.HasPrefix(rest, "--") && (len(rest) == 2 || isSpace(rest[2]) || rest[2] < ' '):
		return tokenComment, l.line()
	case strings.HasPrefix(rest, "/*"):
		return l.comment()
	case l.depth > 0 && strings.HasPrefix(rest, "*/"):
		l.depth--
		return tokenClose, l.at + 2
	case isWord(c):
		return tokenWord, l.word()
	}
	return tokenMark, l.at + 1
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f'
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

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
func (l *lexer) comment() (tokenKind, int) {
	rest := l.text[l.at:]
	mark := 0
	switch {
	case strings.HasPrefix(rest, "/*!"):
		mark = 3
	case strings.HasPrefix(rest, "/*M!"):
		mark = 4
	default:
		if i := strings.Index(rest[2:], "*/"); i >= 0 {
			return tokenComment, l.at + i + 4
		}
		return tokenComment, -1
	}
	l.depth++
	for n := 0; n < 6 && mark < len(rest) && isDigit(rest[mark]); n++ {
		mark++
	}
	return tokenOpen, l.at + mark
}

// join is the text of the tokens.
func join(tokens []token) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString(t.text)
	}
	return b.String()
}

// silent tokens have no meaning of their own.
func (t token) silent() bool {
	return t.kind == tokenSpace || t.kind == tokenComment || t.kind == tokenOpen || t.kind == tokenClose
}

// is says whether the token is the keyword or mark.
func (t token) is(text string) bool {
	return (t.kind == tokenWord || t.kind == tokenMark) && strings.EqualFold(t.text, text)
}

// name is the identifier that the token is, if it can be one.
func (t token) name() (string, bool) {
	switch t.kind {
	case tokenWord:
		return t.text, true
	case tokenName:
		q := t.text[:1]
		return strings.ReplaceAll(t.text[1:len(t.text)-1], q+q, q), true
	default:
		return "", false
	}
}

// after is the index of the next token after i that means something, len(tokens)
// when there is none.
func after(tokens []token, i int) int {
	for i++; i < len(tokens) && tokens[i].silent(); i++ {
	}
	return min(i, len(tokens))
}

// follows says whether the words come one after the other, the first at i or later
// than silent tokens at i; end is the index of the last one.
func follows(tokens []token, i int, words ...string) (end int, ok bool) {
	i--
	for _, word := range words {
		i = after(tokens, i)
		if i >= len(tokens) || !tokens[i].is(word) {
			return 0, false
		}
	}
	return i, true
}
