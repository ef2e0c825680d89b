package syntax

import (
	"slices"
)

// Meaning are the texts of the tokens that mean something. Keywords and quoted names
// stay as they are: both sides print them alike.
func Meaning(tokens []Token) []string {
	var out []string
	for _, t := range tokens {
		if t.Kind == Space || t.Kind == Comment {
			continue
		}
		if name, ok := t.Identifier(); ok && t.Kind == Name {
			out = append(out, QuoteName(name))
			continue
		}
		out = append(out, t.Text)
	}
	return out
}

// WithoutCounter is the statement without AUTO_INCREMENT=n among the options.
func WithoutCounter(create string) string {
	parsed, err := ParseTable(create)
	if err != nil {
		return create
	}
	end := len(create) - len(Join(parsed.Options))
	return create[:end] + Join(DropCounter(parsed.Options))
}

// DropCounter takes "AUTO_INCREMENT=n" out of a table's options.
func DropCounter(options []Token) []Token {
	for i, t := range options {
		if !t.Is("AUTO_INCREMENT") {
			continue
		}
		equals := After(options, i)
		number := After(options, equals)
		if number < len(options) && options[equals].Is("=") {
			return slices.Concat(options[:i], options[min(number+2, len(options)):])
		}
	}
	return options
}
