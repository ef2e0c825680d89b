package kit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"go.yaml.in/yaml/v3"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/internal/html"
	"github.com/shakedown-dev/shakedown/internal/lists"
)

// Result is what a command shows: the value for machines and how to draw it for
// people.
type Result struct {
	Value any
	Draw  func(w io.Writer)
	// Problem says what of it is missing; the command is then partly done.
	Problem string
	// Styled says that what is drawn has escape sequences of ours and none of others.
	Styled bool
}

// Done is the result of a command that has nothing to show but that it is done.
func Done(value map[string]string, format string, args ...any) Result {
	return Result{Value: value, Draw: func(w io.Writer) { fmt.Fprintf(w, format+"\n", args...) }}
}

// Show writes the result to stdout in the format that -o asked for. A list that is
// empty is an empty list there, not null, wherever it is. Errors: *events.Error of KindPartial when
// the result has a problem.
func (d *Deps) Show(r Result) error {
	if err := d.write(r); err != nil || r.Problem == "" {
		return err
	}
	return events.Errorf(events.KindPartial, "", "not all of it is shown: %s", r.Problem)
}

func (d *Deps) write(r Result) error {
	if d.Output != "table" {
		r.Value = lists.Filled(r.Value)
	}
	switch d.Output {
	case "json":
		e := json.NewEncoder(d.Out)
		e.SetIndent("", "  ")
		return e.Encode(r.Value)
	case "yaml":
		return WriteYAML(d.Out, r.Value)
	default:
		return d.draw(r)
	}
}

// draw draws the result for people. What others have written in it cannot command a
// terminal.
func (d *Deps) draw(r Result) error {
	var page bytes.Buffer
	r.Draw(&page)
	text := page.String()
	if !r.Styled {
		text = html.Plain(text)
	}
	if _, err := io.WriteString(d.Out, text); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

// WriteYAML writes the value with the names of its json tags.
func WriteYAML(w io.Writer, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write yaml: %w", err)
	}
	var node yaml.Node // keeps the order of the fields; JSON is YAML
	if err := yaml.Unmarshal(raw, &node); err != nil {
		return fmt.Errorf("write yaml: %w", err)
	}
	plainStyle(&node)
	e := yaml.NewEncoder(w)
	e.SetIndent(2)
	if err := e.Encode(&node); err != nil {
		return fmt.Errorf("write yaml: %w", err)
	}
	return e.Close()
}

func plainStyle(n *yaml.Node) {
	n.Style = 0
	for _, c := range n.Content {
		plainStyle(c)
	}
}

func writeJSONLine(w io.Writer, value any) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(value) // there is nowhere to report that stderr is gone
}

// Table draws rows under a header in aligned columns; no rows draw as the note.
func Table(w io.Writer, note, header string, rows [][]string) {
	if len(rows) == 0 {
		fmt.Fprintln(w, note)
		return
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, strings.ReplaceAll(header, " ", "\t"))
	for _, row := range rows {
		cells := make([]string, 0, len(row))
		for _, cell := range row {
			cells = append(cells, html.Line(cell))
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	_ = t.Flush() // the exit of the pipe says that stdout is gone
}
