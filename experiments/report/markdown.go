package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/shakedown-dev/shakedown/experiments/record"
)

// Markdown writes a comment for CI: the verdict and the figures at once, the rest
// folded away. Nothing of the record can break out of its place, nor ping anybody.
func Markdown(w io.Writer, r record.Record) error {
	var b strings.Builder
	l := lookOf(r.Verdict.Word)
	fmt.Fprintf(&b, "### %s shakedown: %s **%s**\n\n", l.emoji, inert(cmp.Or(r.Name, "unnamed experiment")), inert(wordOf(r)))
	markdownVerdict(&b, r)
	markdownFigures(&b, r)
	markdownProbes(&b, r)
	markdownTimeline(&b, r)
	markdownEvidence(&b, r)
	fmt.Fprintf(&b, "<sub>%s · run %s · shakedown %s", inert(subject(r)), code(cmp.Or(r.Run, "–")), inert(cmp.Or(r.Tool, "unknown")))
	if h := hash(r); h != "" {
		fmt.Fprintf(&b, " · record %s", code(h))
	}
	b.WriteString("</sub>\n")
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write Markdown report of run %s: %w", r.Run, err)
	}
	return nil
}

func markdownVerdict(b *strings.Builder, r record.Record) {
	if r.Verdict.Reason != "" {
		fmt.Fprintf(b, "%s\n\n", inert(r.Verdict.Reason))
	}
	for _, c := range contradictions(r) {
		fmt.Fprintf(b, "> **This record contradicts itself:** %s\n\n", inert(c))
	}
	if r.Verdict.Advice != "" {
		fmt.Fprintf(b, "**What to do next:** %s\n\n", inert(r.Verdict.Advice))
	}
}

func markdownFigures(b *strings.Builder, r record.Record) {
	var names, values []string
	for _, f := range figures(r) {
		names = append(names, f.Name)
		values = append(values, inert(strings.TrimSpace(f.Value+" "+f.Error)))
	}
	fmt.Fprintf(b, "| %s |\n|%s\n| %s |\n\n", strings.Join(names, " | "), strings.Repeat(" --- |", len(names)), strings.Join(values, " | "))
}

func markdownProbes(b *strings.Builder, r record.Record) {
	for _, p := range r.Probes {
		text, _ := standing(p)
		fmt.Fprintf(b, "- %s: %s\n", inert(p.Name+" "+condition(p)), inert(text))
	}
	if len(r.Probes) > 0 {
		b.WriteString("\n")
	}
}

func markdownTimeline(b *strings.Builder, r record.Record) {
	rows := markRows(r)
	if len(rows) == 0 {
		return
	}
	b.WriteString("<details><summary>Recovery timeline</summary>\n\n| Offset | What happened | To what |\n| ---: | --- | --- |\n")
	for _, m := range rows {
		fmt.Fprintf(b, "| %s | %s | %s |\n", inert(strings.TrimSpace(m.Offset+" "+m.Error)), inert(m.What), inert(m.About))
	}
	b.WriteString("\n</details>\n\n")
}

func markdownEvidence(b *strings.Builder, r record.Record) {
	if len(r.Evidence) == 0 {
		return
	}
	met := 0
	for _, e := range r.Evidence {
		if e.Met {
			met++
		}
	}
	fmt.Fprintf(b, "<details><summary>Evidence: %d of %d</summary>\n\n", met, len(r.Evidence))
	for _, e := range r.Evidence {
		mark := "❌"
		if e.Met {
			mark = "✅"
		}
		fmt.Fprintf(b, "- %s %s: %s\n", mark, inert(e.Name), inert(e.Seen))
	}
	for _, s := range byStep(r.Steps) {
		for _, d := range s.Decisions {
			if !d.Allowed {
				fmt.Fprintf(b, "- ❌ guard %s: %s\n", inert(d.Guard), inert(d.Seen))
			}
		}
	}
	b.WriteString("\n</details>\n\n")
}

// inert is a text that Markdown and HTML leave alone, on one line. Mentions and issue
// numbers do not become links.
func inert(s string) string {
	var b strings.Builder
	line := strings.Join(strings.Fields(s), " ")
	for i, c := range line {
		switch {
		case c == ':' && (i+1 == len(line) || line[i+1] == ' '):
			b.WriteRune(c)
		case strings.ContainsRune("<>&@#|\\`*_[]~!$:", c):
			fmt.Fprintf(&b, "&#%d;", c)
		case c < ' ' || c == 0x7f:
			b.WriteByte(' ')
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// code is a code span that holds any text.
func code(s string) string { return "<code>" + inert(s) + "</code>" }
