package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// SpecVersion is the version of CloudEvents that the envelope follows.
const SpecVersion = "1.0"

// Prefix begins every subject and every CloudEvents type of this project.
const Prefix = "shakedown."

// Envelope is a CloudEvents 1.0 event in structured JSON mode. ID is unique for
// each Source and is the key by which duplicates are dropped. The names of the
// extension attributes follow the CloudEvents rule of lower case letters and
// digits only.
//
// Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
type Envelope struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject,omitempty"`
	Time            time.Time       `json:"time"`
	DataContentType string          `json:"datacontenttype,omitempty"`
	CorrelationID   string          `json:"correlationid,omitempty"`
	CausationID     string          `json:"causationid,omitempty"`
	Data            json.RawMessage `json:"data,omitempty"`
}

// Decode reads an envelope and checks it. Unknown attributes are ignored, as
// CloudEvents asks of readers.
func Decode(raw []byte) (Envelope, error) {
	var e Envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		return Envelope{}, fmt.Errorf("decode event: %w", err)
	}
	if err := e.Validate(); err != nil {
		return Envelope{}, err
	}
	return e, nil
}

// Encode checks the envelope and writes it as JSON.
func (e Envelope) Encode() ([]byte, error) {
	if err := e.Validate(); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	return raw, nil
}

// Validate reports every attribute that breaks CloudEvents 1.0 or the rules of
// this project, joined into one error.
func (e Envelope) Validate() error {
	var errs []error
	if e.SpecVersion != SpecVersion {
		errs = append(errs, fmt.Errorf("event specversion is %q, want %q", e.SpecVersion, SpecVersion))
	}
	for _, a := range []struct{ name, value string }{{"id", e.ID}, {"source", e.Source}, {"type", e.Type}} {
		if a.value == "" {
			errs = append(errs, fmt.Errorf("event has no %s", a.name))
		}
	}
	if e.Subject != "" && !isKey(e.Subject) {
		errs = append(errs, fmt.Errorf("event subject %q is not a key of letters, digits, '-' and '_'", e.Subject))
	}
	if e.DataContentType != "" && e.DataContentType != "application/json" {
		errs = append(errs, fmt.Errorf("event datacontenttype is %q, want application/json", e.DataContentType))
	}
	return errors.Join(errs...)
}

// Address is the subject on which the envelope travels: its type and its key.
func (e Envelope) Address() string {
	if e.Subject == "" {
		return e.Type
	}
	return e.Type + "." + e.Subject
}

// maxKey bounds a key; longer ones are shortened and marked with a hash by Key.
const maxKey = 128

func isKey(s string) bool {
	return s != "" && len(s) <= maxKey && strings.IndexFunc(s, func(r rune) bool { return !isKeyRune(r) }) < 0
}

func isKeyRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}
