package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"github.com/shakedown-dev/shakedown/experiments/record"
)

//go:embed page.gohtml
var pageTemplate string

//go:embed style.css
var styleSheet string

// Style is the style sheet of the page, for other pages that should look alike.
func Style() string { return styleSheet }

// Policy is the content security policy that the page carries and under which it must
// be served: nothing is loaded and no script runs; only its own style sheet applies.
func Policy() string { return PolicyFor(styleSheet) }

// PolicyFor is the policy of a page with another style sheet inline.
func PolicyFor(style string) string {
	sum := sha256.Sum256([]byte(style))
	return fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'",
		base64.StdEncoding.EncodeToString(sum[:]))
}

// HTML writes the page for people: one file that loads nothing.
func HTML(w io.Writer, r record.Record) error { return page{}.write(w, r) }

// HTMLWithin writes the same page for a server of reports: with a link to home, the
// list of runs, and to the other formats, which lie beside it.
func HTMLWithin(w io.Writer, r record.Record, home string) error {
	return page{Home: home}.write(w, r)
}

func (p page) write(w io.Writer, r record.Record) error {
	var raw bytes.Buffer
	if err := JSON(&raw, r); err != nil {
		return err
	}
	t, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("parse report template: %w", err)
	}
	p.fill(r, raw.Bytes())
	p.Style = template.CSS(styleSheet)                         //nolint:gosec // our own file
	p.Policy = template.HTMLAttr(`content="` + Policy() + `"`) //nolint:gosec // a constant and a hash
	if err := t.Execute(w, p); err != nil {
		return fmt.Errorf("render report of run %s: %w", r.Run, err)
	}
	return nil
}
