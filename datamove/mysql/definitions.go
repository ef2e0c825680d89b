package mysql

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
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
		out = append(out, definitionText{"table " + t.quoted(), withoutCounter(t.create)})
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

// withoutCounter is the statement without AUTO_INCREMENT=n among the options.
func withoutCounter(create string) string {
	parsed, err := parseTable(create)
	if err != nil {
		return create
	}
	end := len(create) - len(join(parsed.options))
	return create[:end] + join(dropCounter(parsed.options))
}

// dropCounter takes "AUTO_INCREMENT=n" out of a table's options.
func dropCounter(options []token) []token {
	for i, t := range options {
		if !t.is("AUTO_INCREMENT") {
			continue
		}
		equals := after(options, i)
		number := after(options, equals)
		if number < len(options) && options[equals].is("=") {
			return slices.Concat(options[:i], options[min(number+2, len(options)):])
		}
	}
	return options
}
