package syntax

import (
	"strings"
)

// QuoteName quotes an identifier.
func QuoteName(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// QuoteText quotes a string for a session whose sql_mode has no NO_BACKSLASH_ESCAPES.
func QuoteText(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\x00", `\0`).Replace(text) + "'"
}
