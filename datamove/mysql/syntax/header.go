package syntax

import (
	"fmt"
	"slices"
	"strings"
)

// Header is the beginning of a CREATE statement, as indexes of its tokens.
type Header struct {
	// definer is the half-open range of the account after "DEFINER =", empty without.
	definer [2]int
	// kind is the word VIEW, TRIGGER, ...; it is upper case in word.
	kind int
	Word string
	// name is the half-open range of the name with its database.
	name [2]int
	// bare is the name without the database.
	bare string
}

// HeaderOf reads the beginning of a CREATE statement.
func HeaderOf(tokens []Token) (Header, error) {
	i := After(tokens, -1)
	if i >= len(tokens) || !tokens[i].Is("CREATE") {
		return Header{}, fmt.Errorf("it does not begin with CREATE")
	}
	var h Header
	for i = After(tokens, i); i < len(tokens); i = After(tokens, i) {
		// SQL SECURITY DEFINER names no account.
		if at := accountAfter(tokens, i); tokens[i].Is("DEFINER") && at[1] > 0 {
			h.definer, i = at, at[1]-1
			continue
		}
		if word, ok := objectWord(tokens[i]); ok {
			h.kind, h.Word = i, word
			return h, h.readName(tokens)
		}
	}
	return Header{}, fmt.Errorf("it does not say what it creates")
}

// Before are the tokens before the word that says what is created.
func (h Header) Before(tokens []Token) []Token { return tokens[:h.kind] }

func objectWord(t Token) (string, bool) {
	word := strings.ToUpper(t.Text)
	known := []string{"TABLE", "VIEW", "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "SEQUENCE", "PACKAGE"}
	return word, t.Kind == Word && slices.Contains(known, word)
}

// accountAfter is the range of the account after DEFINER at i: user, user@host,
// CURRENT_USER or CURRENT_USER().
func accountAfter(tokens []Token, i int) [2]int {
	i = After(tokens, i)
	if i >= len(tokens) || !tokens[i].Is("=") {
		return [2]int{}
	}
	first := After(tokens, i)
	if first >= len(tokens) {
		return [2]int{}
	}
	last := first
	for {
		next := After(tokens, last)
		switch {
		case next >= len(tokens):
			return [2]int{first, last + 1}
		case tokens[next].Is("@"), tokens[next].Is("("), tokens[next].Is(")"), tokens[last].Is("@"):
			last = next
		default:
			return [2]int{first, last + 1}
		}
	}
}

func (h *Header) readName(tokens []Token) error {
	i := After(tokens, h.kind)
	if i < len(tokens) && tokens[i].Is("BODY") {
		h.Word, i = "PACKAGE BODY", After(tokens, i)
	}
	if end, ok := Follows(tokens, i, "IF", "NOT", "EXISTS"); ok {
		i = After(tokens, end)
	}
	last := i
	if dot := After(tokens, i); dot < len(tokens) && tokens[dot].Is(".") {
		last = After(tokens, dot)
	}
	if last >= len(tokens) {
		return fmt.Errorf("it has no name")
	}
	name, ok := tokens[last].Identifier()
	if !ok {
		return fmt.Errorf("it has no name")
	}
	h.bare, h.name = name, [2]int{i, last + 1}
	return nil
}

// account is the user@host that the tokens name.
func account(tokens []Token) string {
	var parts []string
	for _, t := range tokens {
		if name, ok := t.Identifier(); ok {
			parts = append(parts, name)
		} else if t.Kind == Text {
			parts = append(parts, t.Text[1:len(t.Text)-1])
		}
	}
	return strings.Join(parts, "@")
}

// QuoteAccount quotes user@host; a name without a host is a role or has the host %.
func QuoteAccount(account string) string {
	at := strings.LastIndexByte(account, '@')
	if at < 0 {
		return QuoteName(account) + "@" + QuoteName("%")
	}
	return QuoteName(account[:at]) + "@" + QuoteName(account[at+1:])
}
