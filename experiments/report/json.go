package report

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/shakedown-dev/shakedown/experiments/record"
)

// JSON writes the record itself, indented, with its fields in a fixed order.
func JSON(w io.Writer, r record.Record) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("encode record of run %s: %w", r.Run, err)
	}
	return nil
}
