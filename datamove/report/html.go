package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"github.com/shakedown-dev/shakedown/datamove"
)

//go:embed page.gohtml
var pageTemplate string

//go:embed style.css
var styleSheet string

// mostChunks bounds the chunks of one unit that the page lists; the JSON has all.
const mostChunks = 2000

// Policy is the content security policy that the page carries and under which it must
// be served: nothing is loaded and no script runs; only its own style sheet applies.
func Policy() string {
	sum := sha256.Sum256([]byte(styleSheet))
	return fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'", base64.StdEncoding.EncodeToString(sum[:]))
}

// page is what the template needs.
type page struct {
	datamove.Report
	Style          template.CSS
	Policy         template.HTMLAttr
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
	Number                 int
	Look                   look
	Word, Unit, Item       string
	Items, Units, CutWords string
	BytesWords, TookWords  string
	Rows                   []row
	Verified               bool
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
		"count": count, "size": size, "date": date, "checksums": checksums, "orElse": orElse, "plural": func(n int, noun string) string { return plural(int64(n), noun) },
		"same": func(a, b datamove.Sum) bool { return a.Items == b.Items && a.Checksum == b.Checksum },
	}).Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("parse report template: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, newPage(r)); err != nil {
		return fmt.Errorf("render report of run %s: %w", r.ID, err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write report of run %s: %w", r.ID, err)
	}
	return nil
}

func newPage(r datamove.Report) page {
	p := page{
		Report: r, Title: word(r.Verdict) + ": " + orElse(r.Name, orElse(r.ID, "data copy")), Word: word(r.Verdict),
		Look: lookAt(r), Took: span(took(r)), Verified: r.Command == verify, Contradictions: contradictions(r),
		Style:  template.CSS(styleSheet),                        //nolint:gosec // our own file
		Policy: template.HTMLAttr(`content="` + Policy() + `"`), //nolint:gosec // a constant and a hash
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
		CutWords: cut(p.Cut), BytesWords: size(p.Bytes), TookWords: span(p.Took.Std()), Verified: verified,
	}
	s.Unit, s.Item = nouns(p.Store)
	for _, u := range p.Units {
		shown := u.Chunks[:min(len(u.Chunks), mostChunks)]
		s.Rows = append(s.Rows, row{Unit: u, Chunks: shown, More: len(u.Chunks) - len(shown)})
	}
	return s
}
