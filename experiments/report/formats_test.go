package report

import (
	"bytes"
	"io"
	"testing"

	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/internal/golden"
)

func TestFormats(t *testing.T) {
	formats := map[string]func(io.Writer, record.Record) error{
		"html": HTML, "md": Markdown, "xml": JUnit, "json": JSON,
		"txt": func(w io.Writer, r record.Record) error {
			_, err := io.WriteString(w, Text(r, 100, false))
			return err
		},
	}
	for extension, write := range formats {
		for name, r := range records() {
			t.Run(name+"."+extension, func(t *testing.T) {
				var b bytes.Buffer
				if err := write(&b, r); err != nil {
					t.Fatal(err)
				}
				golden.Equal(t, name+"."+extension, b.Bytes())
			})
		}
	}
}
