package cli

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
)

// TestDocumentedCommandsParse holds every command of the documentation and of
// the help texts against the command line as it is. The suite cmd/internal/e2e
// runs those of the README.
func TestDocumentedCommandsParse(t *testing.T) {
	var lines []string
	for _, file := range []string{"README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"} {
		raw, err := os.ReadFile(filepath.Join("..", "..", "..", file))
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, documented(string(raw))...)
	}
	if len(lines) < 10 {
		t.Fatalf("only %d commands found in the documentation", len(lines))
	}
	walk(newRoot(&kit.Deps{World: System()}), func(cmd *cobra.Command) {
		lines = append(lines, documented(cmd.Example)...)
	})
	for _, line := range lines {
		t.Run(line, func(t *testing.T) { parses(t, line) })
	}
}

// documented finds the calls of shakedown in a text: in code blocks and in code
// between backquotes.
func documented(text string) []string {
	var found []string
	for _, m := range regexp.MustCompile("(?m)(?:^ *|`|\\()(?:bin/)?(shakedown [a-z][^`#)\n|>;]*)").FindAllStringSubmatch(text, -1) {
		found = append(found, strings.TrimSpace(m[1]))
	}
	return found
}

// parses fails when the command, its flags or its number of arguments are not
// known. Words in capitals, such as SERVICE..., stand for something.
func parses(t *testing.T, line string) {
	t.Helper()
	args := strings.Fields(strings.NewReplacer("\"", "", "...", "").Replace(line))[1:]
	if strings.HasPrefix(line, "shakedown chaos stop") {
		args = []string{"chaos", "stop", "--reason", "text"}
	}
	root := newRoot(&kit.Deps{World: System()})
	root.InitDefaultHelpCmd()
	cmd, rest, err := root.Find(args)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.ParseFlags(rest); err != nil && !errors.Is(err, pflag.ErrHelp) {
		t.Fatal(err)
	}
	if len(rest) == 0 && cmd.HasParent() {
		return // prose that names a command
	}
	if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
		t.Fatal(err)
	}
}

// TestDocumentedTargetsExist holds `make X` in the documentation against the Makefile.
func TestDocumentedTargetsExist(t *testing.T) {
	makefile, err := os.ReadFile("../../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"} {
		raw, err := os.ReadFile(filepath.Join("..", "..", "..", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("(?m)(?:^|[`\"])make ([a-z-]+)").FindAllSubmatch(raw, -1) {
			if !regexp.MustCompile("(?m)^" + string(m[1]) + ":").Match(makefile) {
				t.Errorf("%s says make %s, which the Makefile does not know", file, m[1])
			}
		}
	}
}
