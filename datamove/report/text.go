package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/html"
)

// Text writes the report for a terminal, without colours. Nothing in it can command
// the terminal.
func Text(w io.Writer, r datamove.Report) error {
	var b bytes.Buffer
	l := lookAt(r)
	fmt.Fprintf(&b, "%s %s  %s\n  %s\n", l.Mark, html.Line(word(r.Verdict)), html.Line(cmp.Or(r.Name, r.ID)), l.Meaning)
	line(&b, "  ", r.Reason)
	for _, c := range contradictions(r) {
		line(&b, "  this report contradicts itself: ", c)
	}
	fmt.Fprintf(&b, "  %s %s, %s\n", html.Line(cmp.Or(r.Command, "copy")), html.Line(r.ID), html.Span(took(r)))
	for _, p := range r.Parts {
		textPart(&b, p, r.Command == verify)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write report of run %s: %w", r.ID, err)
	}
	return nil
}

// line writes a line unless there is nothing to say.
func line(b *bytes.Buffer, before, s string) {
	if s = strings.TrimSpace(html.Line(s)); s != "" {
		b.WriteString(before + s + "\n")
	}
}

func textPart(b *bytes.Buffer, p datamove.Part, verified bool) {
	t := tallyOf(p)
	moved := size(p.Bytes) + " in "
	if verified {
		moved = "compared in "
	}
	fmt.Fprintf(b, "\n%s %s  %s\n", lookOf(p.Verdict, "").Mark, html.Line(cmp.Or(p.Name, p.Store)), html.Line(word(p.Verdict)))
	line(b, "  ", p.Reason)
	line(b, "  from ", server(p.From))
	line(b, "  to   ", server(p.To))
	line(b, read(p.Snapshot), moment(p.Snapshot)+position(p.Snapshot))
	line(b, "  ", fmt.Sprintf("%s in %s, %s%s%s", t.items(p.Store), units(t.units, p.Store), moved, html.Span(p.Took.Std()), resumed(p)))
	textUnits(b, p, verified)
	for _, m := range p.Masked {
		line(b, "  masked    ", m.Field+" as "+m.As+values(m, verified))
	}
	for _, o := range p.Objects {
		if !o.Equal || o.Changed != "" {
			line(b, "  "+mark(o.Equal)+" ", strings.TrimRight(o.Kind+" "+o.Name+": "+cmp.Or(o.Changed, "not the same"), ": "))
		}
	}
	for _, l := range p.LeftOut {
		line(b, "  left out  ", l.What+": "+l.Why)
	}
	for _, warning := range p.Warnings {
		line(b, "  warning   ", warning)
	}
	for _, d := range p.Differences {
		line(b, "  ✗ ", strings.TrimSuffix(strings.Join([]string{d.What, d.Unit, d.ID, d.Detail}, " "), " "))
	}
	if p.MoreDifferences > 0 {
		line(b, "  ✗ ", "and "+html.Plural(p.MoreDifferences, "more difference"))
	}
}

// values says how many were masked; a comparison does not count them.
func values(m datamove.Masked, verified bool) string {
	if verified {
		return ""
	}
	return ": " + html.Plural(m.Count, "value")
}

// textUnits is the table of the units; where nothing was copied it does not say so
// for each.
func textUnits(b *bytes.Buffer, p datamove.Part, verified bool) {
	if len(p.Units) == 0 {
		return
	}
	unit, item := nouns(p.Store)
	copied := func(text string) string {
		if verified {
			return ""
		}
		return text + "\t"
	}
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "    %s\t%ss at source\t%ss at target\t%schecksum\n", unit, item, item, copied("copied"))
	for _, u := range p.Units {
		fmt.Fprintf(w, "  %s %s\t%s\t%s\t%s%s\n", mark(u.Equal), html.Line(cmp.Or(u.Name, "(all)")), html.Count(u.Source.Items), html.Count(u.Target.Items),
			copied(html.Count(u.Copied)), html.Line(checksums(u.Source, u.Target)))
	}
	_ = w.Flush() // a buffer takes everything
}

// checksums is the checksum that both sides have, or both of them.
func checksums(source, target datamove.Sum) string {
	if source.Checksum == target.Checksum {
		return cmp.Or(source.Checksum, "none")
	}
	return cmp.Or(source.Checksum, "none") + " ≠ " + cmp.Or(target.Checksum, "none")
}

func mark(equal bool) string {
	if equal {
		return "✓"
	}
	return "✗"
}

func server(s datamove.Server) string {
	return strings.TrimSpace(s.URL + "  " + strings.TrimSpace(s.Product+" "+s.Version))
}

// read is the word before the moment of the source that the copy shows.
func read(s datamove.Snapshot) string {
	if s.Method == "" {
		return "  "
	}
	return "  read "
}

func position(s datamove.Snapshot) string {
	if s.Method == "" {
		return ""
	}
	return ", by " + s.Method + map[bool]string{true: "", false: ", at " + s.Position}[s.Position == ""]
}

func resumed(p datamove.Part) string {
	if p.Resumed == 0 {
		return ""
	}
	return ", resumed " + html.Plural(int64(p.Resumed), "time")
}
