package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/html"
)

//go:embed page.gohtml
var pageTemplate string

//go:embed style.css
var styleSheet string

// mostChunks bounds the chunks of one unit that the page lists; the JSON has all.
const mostChunks = 2000

// sheet is the style sheet of the page.
func sheet() html.Sheet { return html.NewSheet(styleSheet) }

// Policy is the content security policy that the page carries and under which it must
// be served: nothing is loaded and no script runs; only its own style sheet applies.
func Policy() string { return sheet().Policy() }

// page is what the template needs.
type page struct {
	datamove.Report
	html.Head
	Title, Word    string
	Look           look
	Took           string
	Verified       bool
	Contradictions []string
	Stores         []store
}

// store is one part of the page.
type store struct {
	datamove.Part
	Number                      int
	Look                        look
	Word, Unit, Item            string
	Items, Units, SnapshotWords string
	BytesWords, TookWords       string
	Rows                        []row
	Verified                    bool
}

// row is one unit.
type row struct {
	datamove.Unit
	Chunks []datamove.Chunk
	More   int
}

// HTML writes the page for people: one file that loads nothing.
func HTML(w io.Writer, r datamove.Report) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"count": html.Count[int64], "size": size, "date": html.Instant, "checksums": checksums, "orElse": cmp.Or[string], "plural": html.Plural[int],
		"same": func(a, b datamove.Sum) bool { return a.Items == b.Items && a.Checksum == b.Checksum },
	}).Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("parse report template: %w", err)
	}
	if err := html.Render(w, t, newPage(r)); err != nil {
		return fmt.Errorf("report of run %s: %w", r.ID, err)
	}
	return nil
}

func newPage(r datamove.Report) page {
	p := page{
		Report: r, Title: word(r.Verdict) + ": " + cmp.Or(r.Name, cmp.Or(r.ID, "data copy")), Word: word(r.Verdict),
		Look: lookAt(r), Took: html.Span(took(r)), Verified: r.Command == verify, Contradictions: contradictions(r),
		Head: sheet().Head(),
	}
	for i, part := range r.Parts {
		p.Stores = append(p.Stores, newStore(i+1, part, p.Verified))
	}
	return p
}

func newStore(number int, p datamove.Part, verified bool) store {
	t := tallyOf(p)
	s := store{
		Part: p, Number: number, Look: lookOf(p.Verdict, ""), Word: word(p.Verdict), Items: t.items(p.Store), Units: units(t.units, p.Store),
		SnapshotWords: moment(p.Snapshot), BytesWords: size(p.Bytes), TookWords: html.Span(p.Took.Std()), Verified: verified,
	}
	s.Unit, s.Item = nouns(p.Store)
	for _, u := range p.Units {
		shown := u.Chunks[:min(len(u.Chunks), mostChunks)]
		s.Rows = append(s.Rows, row{Unit: u, Chunks: shown, More: len(u.Chunks) - len(shown)})
	}
	return s
}
