package syntax

import (
	"fmt"
)

// DisableEvent makes the event not run, and says whether it would have.
func DisableEvent(tokens []Token) (out []Token, was bool, err error) {
	for i := range tokens {
		if !tokens[i].Is("COMPLETION") {
			continue
		}
		at := After(tokens, i)
		if at < len(tokens) && tokens[at].Is("NOT") {
			at = After(tokens, at)
		}
		if at >= len(tokens) || !tokens[at].Is("PRESERVE") {
			continue
		}
		if state := After(tokens, at); state < len(tokens) {
			return eventState(tokens, at, state)
		}
	}
	return nil, false, fmt.Errorf("the event has no ON COMPLETION")
}

func eventState(tokens []Token, preserve, state int) ([]Token, bool, error) {
	switch {
	case tokens[state].Is("ENABLE"):
		return replace(tokens, [2]int{state, state + 1}, "DISABLE"), true, nil
	case tokens[state].Is("DISABLE"):
		end := state
		if on := After(tokens, state); on < len(tokens) && tokens[on].Is("ON") {
			end = After(tokens, on) // ON SLAVE, ON REPLICA
		}
		return replace(tokens, [2]int{state, end + 1}, "DISABLE"), end != state, nil
	}
	return replace(tokens, [2]int{preserve, preserve + 1}, tokens[preserve].Text+" DISABLE"), true, nil
}
