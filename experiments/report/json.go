package report

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/internal/lists"
)

// JSON writes the record itself, indented, with its fields in a fixed order. A list of
// nothing is an empty list.
func JSON(w io.Writer, r record.Record) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(lists.Filled(r)); err != nil {
		return fmt.Errorf("encode record of run %s: %w", r.Run, err)
	}
	return nil
}
