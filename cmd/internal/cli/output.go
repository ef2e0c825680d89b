package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"go.yaml.in/yaml/v3"
)

// result is what a command shows: the value for machines and how to draw it for
// people.
type result struct {
	value any
	draw  func(w io.Writer)
}

// show writes the result to stdout in the format that -o asked for.
func (f *factory) show(r result) error {
	switch f.output {
	case "json":
		e := json.NewEncoder(f.Out)
		e.SetIndent("", "  ")
		return e.Encode(r.value)
	case "yaml":
		return writeYAML(f.Out, r.value)
	default:
		r.draw(f.Out)
		return nil
	}
}

// writeYAML writes the value with the names of its json tags.
func writeYAML(w io.Writer, value any) error {
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
	_ = e.Encode(value) // there is nowhere to tell that stderr is gone
}

// table draws rows under a header in aligned columns; no rows draw as the note.
func table(w io.Writer, note, header string, rows [][]string) {
	if len(rows) == 0 {
		fmt.Fprintln(w, note)
		return
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, strings.ReplaceAll(header, " ", "\t"))
	for _, row := range rows {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	_ = t.Flush() // stdout gone is told by the exit of the pipe
}

// orDash shows an empty value as "-".
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
