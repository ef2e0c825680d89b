package env

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/envs/logs"
	"github.com/shakedown-dev/shakedown/internal/html"
)

// printer writes the lines of a stream to stdout.
type printer struct {
	d           *kit.Deps
	out         *bufio.Writer
	fields      []string
	timestamped bool
	// colours are those of components, nil where there are none.
	colours map[string]int
	// open is the source of a line whose next part is to come, as it was written.
	open  *logs.Source
	write func(logs.Line) error
}

func newPrinter(d *kit.Deps, o *logsOptions) *printer {
	p := &printer{d: d, out: bufio.NewWriterSize(d.Out, 64<<10), fields: o.fields, timestamped: o.timestamped}
	if d.OutTTY && d.Env("NO_COLOR") == "" {
		p.colours = map[string]int{}
	}
	p.write = map[string]func(logs.Line) error{"json": p.json, "raw": p.raw}[d.Output]
	if p.write == nil {
		p.write = p.text
	}
	return p
}

// Line writes a line.
func (p *printer) Line(l logs.Line) error { return p.write(l) }

// Flush shows what was written.
func (p *printer) Flush() error {
	if err := p.out.Flush(); err != nil {
		return fmt.Errorf("write lines: %w", err)
	}
	return nil
}

// raw writes the line as the program did. Gaps, which it did not write, go to stderr.
func (p *printer) raw(l logs.Line) error {
	if l.Gap != nil {
		p.d.Progress().Say("gap: %s: %s", source(l), gapText(l.Gap))
		return nil
	}
	goesOn := l.Part == logs.Middle || l.Part == logs.Last
	if p.open != nil && (*p.open != l.Source || !goesOn) {
		l.Text = "\n" + l.Text
	}
	p.open = &l.Source
	if !l.Part.GoesOn() {
		p.open = nil
		l.Text += "\n"
	}
	_, err := p.out.WriteString(l.Text)
	return err
}

// text writes the line for people: what others have written cannot command a terminal.
func (p *printer) text(l logs.Line) error {
	var b strings.Builder
	if p.timestamped {
		b.WriteString(l.Time.UTC().Format("2006-01-02T15:04:05.000Z "))
	}
	if l.Gap != nil {
		b.WriteString(p.coloured(yellow, "--- gap: "+source(l)+": "+gapText(l.Gap)+" ---"))
	} else {
		b.WriteString(p.coloured(p.colour(l.Component), source(l)+" |") + " " + html.Line(p.said(l)) + partText(l.Part))
	}
	b.WriteByte('\n')
	_, err := p.out.WriteString(b.String())
	return err
}

// said is the line, or the message and the fields that were asked for.
func (p *printer) said(l logs.Line) string {
	if len(p.fields) == 0 {
		return logs.Readable(l.Text)
	}
	r := logs.Parse(l.Text)
	var said strings.Builder
	said.WriteString(r.Message)
	for _, name := range p.fields {
		if value, there := r.Field(name); there {
			said.WriteString(" " + name + "=" + value)
		}
	}
	return said.String()
}

// source is the pod of a line, and its container where that is not named as the component.
func source(l logs.Line) string {
	name := l.Pod
	if l.Container != l.Component {
		name += "/" + l.Container
	}
	if l.Previous {
		name += " (previous)"
	}
	return html.Line(name)
}

func partText(part logs.Part) string {
	if part == logs.Whole {
		return ""
	}
	return " [" + string(part) + " part of a line]"
}

// gapText says what may be missing.
func gapText(g *logs.Gap) string {
	var bounds strings.Builder
	bounds.WriteString("lines may be missing")
	for _, b := range []struct {
		word string
		at   time.Time
	}{{" from ", g.From}, {" to ", g.To}} {
		if !b.at.IsZero() {
			bounds.WriteString(b.word + b.at.UTC().Format("2006-01-02T15:04:05.000000Z"))
		}
	}
	return bounds.String() + ": " + html.Line(g.Reason)
}

// The colours of a terminal.
const (
	yellow = 33
	cyan   = 36
)

// colour is that of a component, in the order in which they come.
func (p *printer) colour(component string) int {
	if p.colours == nil {
		return 0
	}
	if _, known := p.colours[component]; !known {
		order := []int{cyan, 32, 35, 34, 92, 95, 94, 96}
		p.colours[component] = order[len(p.colours)%len(order)]
	}
	return p.colours[component]
}

func (p *printer) coloured(colour int, text string) string {
	if p.colours == nil {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", colour, text)
}

// jsonLine is a line or a gap as JSON.
type jsonLine struct {
	Type      string            `json:"type"`
	Time      *time.Time        `json:"time,omitempty"`
	Component string            `json:"component,omitempty"`
	Pod       string            `json:"pod"`
	Container string            `json:"container"`
	Previous  bool              `json:"previous,omitempty"`
	Part      logs.Part         `json:"part,omitempty"`
	Level     string            `json:"level,omitempty"`
	Message   string            `json:"message,omitempty"`
	Text      *string           `json:"text,omitempty"`
	Fields    map[string]string `json:"fields,omitempty"`
	From      *time.Time        `json:"from,omitempty"`
	To        *time.Time        `json:"to,omitempty"`
	Reason    string            `json:"reason,omitempty"`
}

// json writes an object. Bytes that are no text are replaced there, as JSON wants it.
func (p *printer) json(l logs.Line) error {
	o := jsonLine{Type: "line", Component: l.Component, Pod: l.Pod, Container: l.Container, Previous: l.Previous}
	if l.Gap != nil {
		o.Type, o.From, o.To, o.Reason = "gap", known(l.Gap.From), known(l.Gap.To), l.Gap.Reason
	} else {
		r := logs.Parse(l.Text)
		o.Time, o.Part, o.Level, o.Text = known(l.Time), l.Part, l.Level.String(), &l.Text
		if r.Message != l.Text {
			o.Message = r.Message
		}
		o.Fields = p.chosen(r)
	}
	var line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	if err := e.Encode(o); err != nil {
		return fmt.Errorf("write line as JSON: %w", err)
	}
	_, err := p.out.Write(line.Bytes())
	return err
}

// chosen are the fields that were asked for, as far as the line has them.
func (p *printer) chosen(r logs.Record) map[string]string {
	values := map[string]string{}
	for _, name := range p.fields {
		if value, there := r.Field(name); there {
			values[name] = value
		}
	}
	return values
}

func known(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return new(at.UTC())
}
