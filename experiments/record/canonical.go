package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// decode reads JSON as values of any, numbers as they are written. It is stricter than
// encoding/json: a name that comes twice in one object would be read in two ways.
func decode(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	v, err := value(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("something follows the record, at byte %d", d.InputOffset())
	}
	return v, nil
}

func value(d *json.Decoder) (any, error) {
	token, err := d.Token()
	switch {
	case errors.Is(err, io.EOF):
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return object(d)
	case json.Delim('['):
		return list(d)
	}
	return token, nil
}

func object(d *json.Decoder) (any, error) {
	members := map[string]any{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string) // the decoder takes no other name
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("%q comes twice in one object, at byte %d", name, d.InputOffset())
		}
		if members[name], err = value(d); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return members, err
}

func list(d *json.Decoder) (any, error) {
	all := []any{}
	for d.More() {
		v, err := value(d)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	_, err := d.Token()
	return all, err
}

// canonical writes a value in the one form in which it is hashed: no white space, members in
// the order of the bytes of their names and without those that are null or an empty list,
// numbers as short as they can be.
func canonical(b *bytes.Buffer, v any) error {
	switch v := v.(type) {
	case map[string]any:
		return canonicalObject(b, v)
	case []any:
		b.WriteByte('[')
		for i, element := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := canonical(b, element); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	case json.Number:
		text, err := shortest(v.String())
		b.WriteString(text)
		return err
	}
	return scalar(b, v)
}

func canonicalObject(b *bytes.Buffer, members map[string]any) error {
	b.WriteByte('{')
	first := true
	for _, name := range slices.Sorted(maps.Keys(members)) {
		v := members[name]
		if all, is := v.([]any); v == nil || is && len(all) == 0 {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		if err := scalar(b, name); err != nil {
			return err
		}
		b.WriteByte(':')
		if err := canonical(b, v); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// scalar writes a text, a truth value or null.
func scalar(b *bytes.Buffer, v any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the encoder ends with a line break
	return nil
}

// shortest is a number as it is hashed: a whole number digit by digit, since a seed has more
// of them than a float64; any other as the shortest text of its float64.
func shortest(number string) (string, error) {
	if !strings.ContainsAny(number, ".eE") {
		if number == "-0" {
			return "0", nil
		}
		return number, nil
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return "", fmt.Errorf("read the number %.40s: %w", number, err)
	}
	if f == 0 {
		return "0", nil
	}
	raw, err := json.Marshal(f)
	return string(raw), err
}
