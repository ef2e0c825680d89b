package report

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/shakedown-dev/shakedown/datamove"
)

// JSON writes the report itself, indented, with its fields in a fixed order.
func JSON(w io.Writer, r datamove.Report) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("encode report of run %s: %w", r.ID, err)
	}
	return nil
}
