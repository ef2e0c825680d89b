package report

import (
	"cmp"
	"strings"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/internal/html"
)

// Summary is one line without an end: the verdict and why, the counts of each store,
// bytes and time.
func Summary(r datamove.Report) string {
	var b strings.Builder
	b.WriteString(word(r.Verdict))
	if r.Reason != "" {
		b.WriteString(" (" + r.Reason + ")")
	}
	if len(contradictions(r)) > 0 {
		b.WriteString(" (the report contradicts itself)")
	}
	var parts []string
	var bytes, masked, warnings, differences int64
	for _, p := range r.Parts {
		t := tallyOf(p)
		parts = append(parts, cmp.Or(p.Name, p.Store)+" "+word(p.Verdict)+", "+t.items(p.Store)+" in "+units(t.units, p.Store))
		bytes += p.Bytes
		masked += t.masked
		differences += t.differences
		warnings += int64(len(p.Warnings))
	}
	if len(parts) > 0 {
		b.WriteString(": " + strings.Join(parts, "; "))
	}
	if masked > 0 {
		b.WriteString("; " + html.Plural(masked, "value") + " masked")
	}
	if differences > 0 {
		b.WriteString("; " + html.Plural(differences, "difference"))
	}
	if warnings > 0 {
		b.WriteString("; " + html.Plural(warnings, "warning"))
	}
	b.WriteString("; " + size(bytes) + " in " + html.Span(took(r)))
	return html.Line(b.String())
}
