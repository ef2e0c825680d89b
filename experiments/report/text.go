package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/internal/html"
)

// Text is the run for a terminal of the given width. Colour adds escape codes and
// nothing else; without it there are none, whatever the record holds.
func Text(r record.Record, width int, colour bool) string {
	t := &terminal{width: max(40, width), colour: colour}
	l := lookOf(r.Verdict.Word)
	t.line("", t.paint(l.ansi+";1", l.mark+" "+html.Line(wordOf(r)))+"  "+t.paint("1", html.Line(cmp.Or(r.Name, "unnamed experiment"))))
	t.wrap("  ", r.Verdict.Reason)
	for _, c := range contradictions(r) {
		t.wrap("  ", "this record contradicts itself: "+c)
	}
	t.wrap("  ", subject(r))
	if r.Verdict.Advice != "" {
		t.line("")
		t.wrap("  ", "next: "+r.Verdict.Advice)
	}
	t.figures(r)
	t.probes(r)
	t.timeline(r)
	t.evidence(r)
	t.repeat(r)
	if h := hash(r); h != "" {
		t.line("")
		t.line("Record ", t.paint("2", t.fit(h, 7)))
	}
	return t.b.String()
}

// terminal collects lines.
type terminal struct {
	b      strings.Builder
	width  int
	colour bool
}

func (t *terminal) line(parts ...string) {
	t.b.WriteString(strings.TrimRight(strings.Join(parts, ""), " ") + "\n")
}

// paint colours a text where colours are wanted.
func (t *terminal) paint(ansi, s string) string {
	if !t.colour || s == "" {
		return s
	}
	return "\x1b[" + ansi + "m" + s + "\x1b[0m"
}

// wrap writes words in lines of the terminal's width; the indent of the first stands on no
// other.
func (t *terminal) wrap(indent, text string) {
	line := indent
	for word := range strings.FieldsSeq(html.Line(text)) {
		if len([]rune(line))+len([]rune(word)) >= t.width && strings.TrimSpace(line) != "" {
			t.line(line)
			line = strings.Repeat(" ", len([]rune(indent)))
		}
		line += word + " "
	}
	if strings.TrimSpace(line) != "" {
		t.line(line)
	}
}

func (t *terminal) heading(s string) {
	t.line("")
	t.line(t.paint("1", s))
}

func (t *terminal) figures(r record.Record) {
	t.heading("Figures")
	for _, f := range figures(r) {
		value := strings.TrimSpace(f.Value + " " + f.Error)
		t.line("  ", pad(f.Name, 10), " ", pad(value, 18), " ", t.paint("2", t.fit(f.Note, 32)))
	}
}

func (t *terminal) probes(r record.Record) {
	if len(r.Probes) == 0 {
		return
	}
	t.heading("Hypothesis")
	for _, p := range r.Probes {
		text, class := standing(p)
		ansi := map[string]string{"good": "32", "bad": "31", "warn": "33"}[class]
		t.line("  ", t.fit(html.Line(statement(p)), 4))
		t.line("    ", sparkline(p, min(60, t.width-6)))
		t.line("    ", t.paint(cmp.Or(ansi, "2"), t.fit(html.Line(text), 6)))
	}
}

func (t *terminal) timeline(r record.Record) {
	rows := markRows(r)
	if len(rows) == 0 {
		return
	}
	t.heading("Recovery timeline")
	for _, m := range rows {
		ansi := map[string]string{"good": "32", "bad": "31"}[m.Class]
		when := strings.TrimSpace(m.Offset + " " + m.Error)
		t.line("  ", strings.Repeat(" ", max(0, 14-len([]rune(when)))), when, "  ",
			t.paint(cmp.Or(ansi, "0"), pad(html.Line(m.What), 32)), " ", t.fit(html.Line(m.About), 51))
	}
}

// evidence lists what is not met, and how much is.
func (t *terminal) evidence(r record.Record) {
	met := 0
	var missing []record.Requirement
	for _, e := range r.Evidence {
		if e.Met {
			met++
		} else {
			missing = append(missing, e)
		}
	}
	t.heading(fmt.Sprintf("Evidence: %d of %d", met, len(r.Evidence)))
	for _, e := range missing {
		t.wrap("  ✗ ", e.Name+": "+e.Seen)
	}
	for _, s := range byStep(r.Steps) {
		for _, d := range s.Decisions {
			if !d.Allowed {
				t.wrap("  ✗ ", "guard "+d.Guard+": "+d.Seen)
			}
		}
	}
}

func (t *terminal) repeat(r record.Record) {
	if lines := repeat(r); len(lines) > 0 {
		t.heading("Repeat with")
		for _, line := range lines {
			t.line("  ", line)
		}
	}
}

// fit cuts a text so that it ends at the terminal's edge when so much stands before it.
func (t *terminal) fit(s string, before int) string {
	most := max(8, t.width-before)
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-len([]rune(s))))
}

// sparkline draws the samples as blocks, each cell the worst of its samples: "?" where
// one has no value, "▼" where the condition does not hold. "·" stands for no samples.
func sparkline(p record.ProbeSeries, width int) string {
	samples := sorted(p.Samples)
	if len(samples) == 0 || width < 1 {
		return "·"
	}
	low, high := valueRange(p)
	cells := min(width, len(samples))
	var b strings.Builder
	for i := range cells {
		b.WriteRune(cell(samples[i*len(samples)/cells:(i+1)*len(samples)/cells], low, high))
	}
	return b.String()
}

// cell is the worst of some samples as one character.
func cell(samples []record.Sample, low, high float64) rune {
	worst := '█'
	blocks := []rune("▁▂▃▄▅▆▇█")
	for _, s := range samples {
		switch {
		case s.Value == nil || s.Problem != nil:
			return '?'
		case !s.OK:
			worst = '▼'
		case worst != '▼':
			c := canvas{low: low, high: high, bot: 0, top: -float64(len(blocks) - 1)}
			worst = min(worst, blocks[int(-c.y(*s.Value))])
		}
	}
	return worst
}
