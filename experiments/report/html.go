package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/internal/html"
)

//go:embed page.gohtml
var pageTemplate string

//go:embed style.css
var styleSheet string

// Style is the page's own part of its style sheet, for other pages that should look
// alike.
func Style() string { return styleSheet }

// sheet is the style sheet of the page.
func sheet() html.Sheet { return html.NewSheet(styleSheet) }

// Policy is the content security policy that the page carries and under which it must
// be served: nothing is loaded and no script runs; only its own style sheet applies.
func Policy() string { return sheet().Policy() }

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
	p.Head = sheet().Head()
	if err := html.Render(w, t, p); err != nil {
		return fmt.Errorf("render report of run %s: %w", r.Run, err)
	}
	return nil
}
