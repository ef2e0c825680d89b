package probe

import (
	"bytes"
	"encoding/json"
)

// encode is the part of a probe as JSON that no further encoding changes.
func encode(part any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(part); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
