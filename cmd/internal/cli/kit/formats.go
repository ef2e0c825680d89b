package kit

import (
	"strings"

	"github.com/spf13/cobra"
)

// formatsOf is the annotation of a command that has formats of its own.
const formatsOf = "formats"

// Formats are those of a command's result; the first is the usual one.
func Formats(cmd *cobra.Command) []string {
	if own := cmd.Annotations[formatsOf]; own != "" {
		return strings.Fields(own)
	}
	return []string{"table", "json", "yaml"}
}

// OwnFormats gives a command formats of its own, in place of those that all others have.
func (d *Deps) OwnFormats(cmd *cobra.Command, usage string, formats ...string) {
	cmd.Annotations = map[string]string{formatsOf: strings.Join(formats, " ")}
	cmd.Flags().VarP(&format{d, formats[0]}, "output", "o", usage)
}

// format is the value of a flag that leaves the format of other commands as it is.
type format struct {
	d    *Deps
	text string
}

// String is what the flag says, the usual format unless it was given.
func (f *format) String() string { return f.text }

// Set takes the format.
func (f *format) Set(text string) error {
	f.text, f.d.Output = text, text
	return nil
}

// Type is how help calls the value.
func (*format) Type() string { return "format" }
