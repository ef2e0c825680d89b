// Command pack writes modules.zip, which the package sandbox embeds: a module
// cannot embed the files of the modules below it.
package main

import (
	"fmt"
	"os"

	"github.com/shakedown-dev/shakedown/sandbox/internal/archive"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

// run packs the modules below the working directory.
func run() error {
	raw, err := archive.Pack(os.DirFS("."))
	if err != nil {
		return err
	}
	return os.WriteFile("modules.zip", raw, 0o644)
}
