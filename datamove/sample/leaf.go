package sample

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxDepth is how deep JSON may be.
const maxDepth = 200

// Leaf is a value in JSON that is a text or a number. Kind is "string" or "number".
type Leaf struct{ Path, Kind, Value string }

// Leaves are those of one JSON value after the other, up to where it is not JSON. The
// error says why there is no more: io.ErrUnexpectedEOF where the content is truncated,
// nil at its end.
func Leaves(content []byte) ([]Leaf, error) {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	var found []Leaf
	for {
		err := walk(decoder, "$", 0, func(l Leaf) { found = append(found, l) })
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return found, err
		}
	}
}

// walk reads one value; EOF says that there is none.
func walk(d *json.Decoder, path string, depth int, each func(Leaf)) error {
	if depth > maxDepth {
		return errors.New("it is too deep")
	}
	token, err := d.Token()
	if err != nil && depth > 0 {
		return inside(err)
	}
	switch v := token.(type) {
	case json.Delim:
		return walkInto(d, v, path, depth, each)
	case string:
		each(Leaf{path, "string", v})
	case json.Number:
		each(Leaf{path, "number", v.String()})
	}
	return err
}

// walkInto reads what an object or array holds, and its end.
func walkInto(d *json.Decoder, begin json.Delim, path string, depth int, each func(Leaf)) error {
	for d.More() {
		below := path + "[*]"
		if begin == '{' {
			key, err := d.Token()
			if err != nil {
				return inside(err)
			}
			below = fmt.Sprint(path, ".", key)
		}
		if err := walk(d, below, depth+1, each); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return inside(err)
}

// inside is an error inside a value, where there should have been more.
func inside(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
