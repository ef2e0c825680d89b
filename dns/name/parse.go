package name

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Parse reads a name that somebody wants to have: labels of letters, digits, '-' and '_',
// international ones in their own script or in Punycode, and "*" as the whole first label.
// A dot at the end changes nothing. Errors say how to write it, where that can be known.
func Parse(text string) (Name, error) {
	if strings.Contains(text, `\`) {
		return "", escaped(text)
	}
	if strings.ContainsRune(text, utf8.RuneError) {
		return "", fmt.Errorf("%q is no name: it is not UTF-8", text)
	}
	rest, wildcard := strings.CutPrefix(strings.TrimSuffix(text, "."), "*.")
	if strings.Contains(rest, "*") {
		return "", fmt.Errorf("%q is no name: the wildcard can only be the whole first label, as in *.example.com", text)
	}
	ascii, err := profile().ToASCII(rest)
	if err != nil {
		return "", fmt.Errorf("%q is no name: %w", text, err)
	}
	if wildcard {
		ascii = "*." + ascii
	}
	if err := check(ascii); err != nil {
		return "", fmt.Errorf("%q is no name: %w", text, err)
	}
	return Name(ascii), nil
}

// profile maps international names as a browser does, and leaves to check what else a
// label must be.
func profile() *idna.Profile {
	return idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(false), idna.CheckHyphens(false))
}

// escaped refuses a name with a backslash, which would have to be read as Route 53 reads it.
func escaped(text string) error {
	n, err := Read(text)
	if err != nil {
		return err
	}
	plain := strings.ReplaceAll(string(n), `\052`, "*")
	if strings.Contains(plain, `\`) {
		return fmt.Errorf("%q is no name of a host: it has characters other than letters, digits, - and _", text)
	}
	return fmt.Errorf("%q is escaped, write %s", text, plain)
}

// check wants labels that a host may have, and underscores.
func check(ascii string) error {
	if len(ascii) > maxName {
		return fmt.Errorf("it has %d characters, at most %d are possible", len(ascii), maxName)
	}
	for i, label := range strings.Split(ascii, ".") {
		if i == 0 && label == "*" {
			continue
		}
		if err := checkLabel(label); err != nil {
			return err
		}
	}
	return nil
}

func checkLabel(label string) error {
	switch {
	case label == "":
		return errors.New("a label is empty")
	case len(label) > maxLabel:
		return fmt.Errorf("the label %s has %d characters, at most %d are possible; %s would do", label, len(label), maxLabel, Fit(label, maxLabel))
	case strings.ContainsFunc(label, func(r rune) bool { return !isPlain(r) }):
		return fmt.Errorf("the label %q has characters other than letters, digits, - and _", label)
	case label[0] == '-' || label[len(label)-1] == '-':
		return fmt.Errorf("the label %q begins or ends with -", label)
	}
	return nil
}
