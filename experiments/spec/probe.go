package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Probe is one measurable statement of the hypothesis. What is measured stands under the
// key of a kind of probes, such as "prometheus"; a valid probe has one.
type Probe struct {
	Name string `json:"name"`
	Must string `json:"must,omitempty" jsonschema:"enum=hold,enum=recover,description=hold (default): every sample from the injection on; recover: may break and must be back within the budget"`
	// Parts are what stands under the keys of kinds, as JSON. The kinds read it.
	Parts map[string]json.RawMessage `json:"-" yaml:",inline"`
}

// The values of Probe.Must.
const (
	MustHold    = "hold"
	MustRecover = "recover"
)

// Kinds are the keys under which the probe has parts, in order.
func (p Probe) Kinds() []string { return slices.Sorted(maps.Keys(p.Parts)) }

// Kind is the key of the probe's part, "" when it has not exactly one.
func (p Probe) Kind() string {
	if kinds := p.Kinds(); len(kinds) == 1 {
		return kinds[0]
	}
	return ""
}

// With is the probe with another part of its kind. The receiver is not changed.
func (p Probe) With(part json.RawMessage) Probe {
	p.Parts = map[string]json.RawMessage{p.Kind(): part}
	return p
}

func (p Probe) withDefaults() Probe {
	orElse(&p.Must, MustHold)
	return p
}

// MarshalJSON writes the name, the parts and the duty, in this order.
func (p Probe) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	add := func(key string, value any) error {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		if err := encode(&b, key); err != nil {
			return err
		}
		b.WriteByte(':')
		return encode(&b, value)
	}
	if err := add("name", p.Name); err != nil {
		return nil, err
	}
	for _, kind := range p.Kinds() {
		if err := add(kind, p.Parts[kind]); err != nil {
			return nil, fmt.Errorf("encode part %s of probe %q: %w", kind, p.Name, err)
		}
	}
	if p.Must != "" {
		if err := add("must", p.Must); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encode writes a value as JSON that no further encoding changes.
func encode(b *bytes.Buffer, value any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the encoder ends with a line break
	return nil
}

// UnmarshalJSON reads a probe: what is neither its name nor its duty is the part of a
// kind.
func (p *Probe) UnmarshalJSON(raw []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return err
	}
	*p = Probe{}
	for key, value := range fields {
		var err error
		switch {
		case string(value) == "null":
		case key == "name":
			err = json.Unmarshal(value, &p.Name)
		case key == "must":
			err = json.Unmarshal(value, &p.Must)
		default:
			err = p.put(key, value)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

// put takes a part, without the white space of the document around it.
func (p *Probe) put(kind string, part json.RawMessage) error {
	var b bytes.Buffer
	if err := json.Compact(&b, part); err != nil {
		return err
	}
	if p.Parts == nil {
		p.Parts = map[string]json.RawMessage{}
	}
	p.Parts[kind] = b.Bytes()
	return nil
}
