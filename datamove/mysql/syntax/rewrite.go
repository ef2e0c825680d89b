package syntax

import (
	"slices"
	"strings"
)

// replace puts text in the place of a half-open range.
func replace(tokens []Token, at [2]int, text string) []Token {
	return slices.Concat(tokens[:at[0]], []Token{{Word, text}}, tokens[at[1]:])
}

// Redefine gives the statement another definer and says which it had; an empty
// definer leaves it. Statements without a DEFINER clause stay.
func Redefine(tokens []Token, definer string) (out []Token, was string, err error) {
	h, err := HeaderOf(tokens)
	if err != nil {
		return nil, "", err
	}
	if h.definer[1] == 0 {
		return tokens, "", nil
	}
	was = account(tokens[h.definer[0]:h.definer[1]])
	if definer == "" {
		return tokens, was, nil
	}
	return replace(tokens, h.definer, QuoteAccount(definer)), was, nil
}

// Rename gives what the statement creates a bare name: that of the database that is
// chosen.
func Rename(tokens []Token) ([]Token, error) {
	h, err := HeaderOf(tokens)
	if err != nil {
		return nil, err
	}
	return replace(tokens, h.name, QuoteName(h.bare)), nil
}

// MoveDatabase writes to for from where a known object of the database follows
// ("from.object"). Others stay, and left says so: an alias may have the same name.
func MoveDatabase(tokens []Token, from, to string, known func(name string) bool) (out []Token, left bool) {
	if from == to {
		return tokens, false
	}
	out = slices.Clone(tokens)
	for i, t := range tokens {
		name, ok := t.Identifier()
		if !ok || name != from || i > 0 && (tokens[i-1].Is(".") || tokens[i-1].Is("@")) {
			continue
		}
		dot := After(tokens, i)
		if dot >= len(tokens) || !tokens[dot].Is(".") {
			continue
		}
		object := After(tokens, dot)
		if object < len(tokens) {
			if next, ok := tokens[object].Identifier(); ok && known(next) {
				out[i] = Token{Name, QuoteName(to)}
				continue
			}
		}
		left = true
	}
	return out, left
}

// MapCollations gives every COLLATE another name by the function, and returns which
// were changed.
func MapCollations(tokens []Token, mapped func(string) string) (out []Token, changed []string) {
	out = slices.Clone(tokens)
	for i, t := range tokens {
		if !t.Is("COLLATE") {
			continue
		}
		at := After(tokens, i)
		if at < len(tokens) && tokens[at].Is("=") {
			at = After(tokens, at)
		}
		if at >= len(tokens) {
			continue
		}
		name, ok := tokens[at].Identifier()
		if !ok {
			continue
		}
		if to := mapped(strings.ToLower(name)); to != strings.ToLower(name) {
			out[at].Text, out[at].Kind = to, Word
			changed = append(changed, name+" → "+to)
		}
	}
	slices.Sort(changed)
	return out, slices.Compact(changed)
}
