package mysql

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove/mysql/syntax"
)

// madeBy is the text of one thing of a schema.
type definitionText struct{ id, text string }

// definitions tells nothing of rows.
func (s *schema) definitions() []definitionText {
	var out []definitionText
	for _, d := range s.databases {
		out = append(out, definitionText{"database " + d.name, partsText(d.charset, d.collation)})
	}
	for _, t := range s.tables {
		out = append(out, definitionText{"table " + t.quoted(), syntax.WithoutCounter(t.create)})
	}
	for _, o := range s.objects() {
		out = append(out, definitionText{o.kind + " " + o.quoted(), partsText(o.create, o.charset, o.connection, o.sqlMode, o.timeZone)})
	}
	slices.SortFunc(out, func(a, b definitionText) int { return strings.Compare(a.id, b.id) })
	return out
}

// fingerprint changes when the definition of anything does.
func (s *schema) fingerprint() string {
	h := sha256.New()
	for _, d := range s.definitions() {
		writeParts(h, d.id, d.text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// alteredSince names what was made, altered or dropped between before and s.
func (s *schema) alteredSince(before *schema) []string {
	old := map[string]string{}
	for _, d := range before.definitions() {
		old[d.id] = d.text
	}
	var out []string
	for _, d := range s.definitions() {
		if text, there := old[d.id]; !there || text != d.text {
			out = append(out, d.id)
		}
		delete(old, d.id)
	}
	out = slices.AppendSeq(out, maps.Keys(old))
	slices.Sort(out)
	return out
}

func writeParts(w io.Writer, parts ...string) { _, _ = io.WriteString(w, partsText(parts...)) }

// partsText joins texts such that no two lists give the same.
func partsText(parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		fmt.Fprintf(&b, "%d:%s", len(part), part)
	}
	return b.String()
}
