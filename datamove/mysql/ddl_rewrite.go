package mysql

import (
	"fmt"
	"slices"
	"strings"
)

// header is the beginning of a CREATE statement, as indexes of its tokens.
type header struct {
	// definer is the half-open range of the account after "DEFINER =", empty without.
	definer [2]int
	// kind is the word VIEW, TRIGGER, ...; it is upper case in word.
	kind int
	word string
	// name is the half-open range of the name with its database.
	name [2]int
	// bare is the name without the database.
	bare string
}

// headerOf reads the beginning of a CREATE statement.
func headerOf(tokens []token) (header, error) {
	i := after(tokens, -1)
	if i >= len(tokens) || !tokens[i].is("CREATE") {
		return header{}, fmt.Errorf("it does not begin with CREATE")
	}
	var h header
	for i = after(tokens, i); i < len(tokens); i = after(tokens, i) {
		// SQL SECURITY DEFINER names no account.
		if at := accountAfter(tokens, i); tokens[i].is("DEFINER") && at[1] > 0 {
			h.definer, i = at, at[1]-1
			continue
		}
		if word, ok := objectWord(tokens[i]); ok {
			h.kind, h.word = i, word
			return h, h.readName(tokens)
		}
	}
	return header{}, fmt.Errorf("it does not say what it creates")
}

func objectWord(t token) (string, bool) {
	word := strings.ToUpper(t.text)
	known := []string{"TABLE", "VIEW", "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "SEQUENCE", "PACKAGE"}
	return word, t.kind == tokenWord && slices.Contains(known, word)
}

// accountAfter is the range of the account after DEFINER at i: user, user@host,
// CURRENT_USER or CURRENT_USER().
func accountAfter(tokens []token, i int) [2]int {
	i = after(tokens, i)
	if i >= len(tokens) || !tokens[i].is("=") {
		return [2]int{}
	}
	first := after(tokens, i)
	if first >= len(tokens) {
		return [2]int{}
	}
	last := first
	for {
		next := after(tokens, last)
		switch {
		case next >= len(tokens):
			return [2]int{first, last + 1}
		case tokens[next].is("@"), tokens[next].is("("), tokens[next].is(")"), tokens[last].is("@"):
			last = next
		default:
			return [2]int{first, last + 1}
		}
	}
}

func (h *header) readName(tokens []token) error {
	i := after(tokens, h.kind)
	if i < len(tokens) && tokens[i].is("BODY") {
		h.word, i = "PACKAGE BODY", after(tokens, i)
	}
	if end, ok := follows(tokens, i, "IF", "NOT", "EXISTS"); ok {
		i = after(tokens, end)
	}
	last := i
	if dot := after(tokens, i); dot < len(tokens) && tokens[dot].is(".") {
		last = after(tokens, dot)
	}
	if last >= len(tokens) {
		return fmt.Errorf("it has no name")
	}
	name, ok := tokens[last].name()
	if !ok {
		return fmt.Errorf("it has no name")
	}
	h.bare, h.name = name, [2]int{i, last + 1}
	return nil
}

// replace puts text in the place of a half-open range.
func replace(tokens []token, at [2]int, text string) []token {
	return slices.Concat(tokens[:at[0]], []token{{tokenWord, text}}, tokens[at[1]:])
}

// account is the user@host that the tokens name.
func account(tokens []token) string {
	var parts []string
	for _, t := range tokens {
		if name, ok := t.name(); ok {
			parts = append(parts, name)
		} else if t.kind == tokenText {
			parts = append(parts, t.text[1:len(t.text)-1])
		}
	}
	return strings.Join(parts, "@")
}

// quoteAccount quotes user@host; a name without a host is a role or has the host %.
func quoteAccount(account string) string {
	at := strings.LastIndexByte(account, '@')
	if at < 0 {
		return quoteName(account) + "@" + quoteName("%")
	}
	return quoteName(account[:at]) + "@" + quoteName(account[at+1:])
}

// redefine gives the statement another definer and says which it had; an empty
// definer leaves it. Statements without a DEFINER clause stay.
func redefine(tokens []token, definer string) (out []token, was string, err error) {
	h, err := headerOf(tokens)
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
	return replace(tokens, h.definer, quoteAccount(definer)), was, nil
}

// rename gives what the statement creates a bare name: that of the database that is
// chosen.
func rename(tokens []token) ([]token, error) {
	h, err := headerOf(tokens)
	if err != nil {
		return nil, err
	}
	return replace(tokens, h.name, quoteName(h.bare)), nil
}

// moveDatabase writes to for from where a known object of the database follows
// ("from.object"). Others are left and told: an alias may have the same name.
func moveDatabase(tokens []token, from, to string, known func(name string) bool) (out []token, left bool) {
	if from == to {
		return tokens, false
	}
	out = slices.Clone(tokens)
	for i, t := range tokens {
		name, ok := t.name()
		if !ok || name != from || i > 0 && (tokens[i-1].is(".") || tokens[i-1].is("@")) {
			continue
		}
		dot := after(tokens, i)
		if dot >= len(tokens) || !tokens[dot].is(".") {
			continue
		}
		object := after(tokens, dot)
		if object < len(tokens) {
			if next, ok := tokens[object].name(); ok && known(next) {
				out[i] = token{tokenName, quoteName(to)}
				continue
			}
		}
		left = true
	}
	return out, left
}

// mapCollations gives every COLLATE another name by the function, and tells which
// were changed.
func mapCollations(tokens []token, mapped func(string) string) (out []token, changed []string) {
	out = slices.Clone(tokens)
	for i, t := range tokens {
		if !t.is("COLLATE") {
			continue
		}
		at := after(tokens, i)
		if at < len(tokens) && tokens[at].is("=") {
			at = after(tokens, at)
		}
		if at >= len(tokens) {
			continue
		}
		name, ok := tokens[at].name()
		if !ok {
			continue
		}
		if to := mapped(strings.ToLower(name)); to != strings.ToLower(name) {
			out[at].text, out[at].kind = to, tokenWord
			changed = append(changed, name+" → "+to)
		}
	}
	slices.Sort(changed)
	return out, slices.Compact(changed)
}

// disableEvent makes the event not run, and says whether it would have.
func disableEvent(tokens []token) (out []token, was bool, err error) {
	for i := range tokens {
		if !tokens[i].is("COMPLETION") {
			continue
		}
		at := after(tokens, i)
		if at < len(tokens) && tokens[at].is("NOT") {
			at = after(tokens, at)
		}
		if at >= len(tokens) || !tokens[at].is("PRESERVE") {
			continue
		}
		if state := after(tokens, at); state < len(tokens) {
			return eventState(tokens, at, state)
		}
	}
	return nil, false, fmt.Errorf("the event has no ON COMPLETION")
}

func eventState(tokens []token, preserve, state int) ([]token, bool, error) {
	switch {
	case tokens[state].is("ENABLE"):
		return replace(tokens, [2]int{state, state + 1}, "DISABLE"), true, nil
	case tokens[state].is("DISABLE"):
		end := state
		if on := after(tokens, state); on < len(tokens) && tokens[on].is("ON") {
			end = after(tokens, on) // ON SLAVE, ON REPLICA
		}
		return replace(tokens, [2]int{state, end + 1}, "DISABLE"), end != state, nil
	}
	return replace(tokens, [2]int{preserve, preserve + 1}, tokens[preserve].text+" DISABLE"), true, nil
}
