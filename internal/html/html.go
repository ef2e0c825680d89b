// Package html is what reports and pages share: the style sheet that all begin with,
// the security policy under which they load nothing and run no script, and the
// notation of numbers, durations and times for people.
package html

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"unicode"
)

//go:embed base.css
var base string

// Sheet is the style sheet of a page.
type Sheet string

// NewSheet is the style sheet of all pages, followed by a page's own parts.
func NewSheet(own ...string) Sheet {
	parts := []string{strings.TrimSpace(base)}
	for _, part := range own {
		parts = append(parts, strings.TrimSpace(part))
	}
	return Sheet("\n" + strings.Join(parts, "\n") + "\n")
}

// Policy is the content security policy that a page with the sheet carries and under
// which it must be served: nothing is loaded, no script runs, and no other style
// sheet applies.
func (s Sheet) Policy() string {
	sum := sha256.Sum256([]byte(s))
	return fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'",
		base64.StdEncoding.EncodeToString(sum[:]))
}

// Head is what the template of a page has in its head: a <style> element around
// .Style, without any space, and a <meta> element with the attribute .Policy.
type Head struct {
	Style  template.CSS
	Policy template.HTMLAttr
}

// Head is the head of a page with the sheet.
func (s Sheet) Head() Head {
	return Head{
		Style:  template.CSS(s),                                   //nolint:gosec // our own files
		Policy: template.HTMLAttr(`content="` + s.Policy() + `"`), //nolint:gosec // a constant and a hash
	}
}

// Render fills the template and writes the page, whole or not at all. It has no characters
// that could command a terminal or turn its lines around.
func Render(w io.Writer, t *template.Template, page any) error {
	var b bytes.Buffer
	if err := t.Execute(&b, page); err != nil {
		return fmt.Errorf("render page: %w", err)
	}
	if _, err := w.Write(bytes.Map(visible, b.Bytes())); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// visible replaces control characters, which HTML does not have.
func visible(r rune) rune {
	if unicode.IsControl(r) && !unicode.IsSpace(r) || unicode.Is(unicode.Bidi_Control, r) {
		return unicode.ReplacementChar
	}
	return r
}
