package notify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"text/template"
)

// maxText bounds the text of a message: Slack refuses more than 40,000 characters.
const maxText = 30_000

// body is the JSON that a format wants.
func body(s Spec, m Message) ([]byte, error) {
	t, err := s.template()
	if err != nil {
		return nil, err
	}
	m = m.linked(s.Reports)
	if m.Text, err = text(t, m, s.Format); err != nil {
		return nil, err
	}
	switch s.Format {
	case FormatSlack:
		return json.Marshal(map[string]string{"text": m.Text})
	case FormatGrafana:
		return json.Marshal(annotation{Time: m.At.UnixMilli(), Tags: tags(m), Text: m.Text})
	}
	return json.Marshal(m)
}

// text is what a template makes, or the usual text of the format.
func text(t *template.Template, m Message, format string) (string, error) {
	made := m.Text
	switch {
	case t != nil:
		var err error
		if made, err = apply(t, m); err != nil {
			return "", err
		}
	case format == FormatSlack:
		made = "*" + escape(oneLine(m.Title)) + "*\n" + escape(m.Text)
		if m.Link != "" {
			made += "\n<" + m.Link + "|report>"
		}
	case format == FormatGrafana:
		made = m.Title + "\n" + m.Text
	}
	if runes := []rune(made); len(runes) > maxText {
		made = string(runes[:maxText]) + " ..."
	}
	return strings.TrimSpace(made), nil
}

// apply runs a template on the fields of the message, as format json names them.
func apply(t *template.Template, m Message) (string, error) {
	raw, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		return "", err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, fields); err != nil {
		return "", fmt.Errorf("make the text of the message: %w", err)
	}
	return out.String(), nil
}

// escape makes text of others plain text for Slack.
// Source: "Formatting text for app surfaces", Slack API documentation.
func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// annotation is one of Grafana's HTTP API; Time is in milliseconds.
type annotation struct {
	Time int64    `json:"time"`
	Tags []string `json:"tags"`
	Text string   `json:"text"`
}

func tags(m Message) []string {
	all := []string{"shakedown", m.What}
	for _, one := range []struct{ name, value string }{{"environment", m.Environment}, {"run", m.Run}, {"fault", m.Fault}, {"schedule", m.Schedule}} {
		if one.value != "" {
			all = append(all, one.name+":"+one.value)
		}
	}
	return all
}
