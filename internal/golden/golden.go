// Package golden compares what a test got with a file that is kept in git. Run the
// test with -update to write the files anew, and read the difference before you
// commit it.
//
// Only tests import it.
package golden

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew") //nolint:gochecknoglobals // a flag of the test binary

// Equal fails the test when got is not the content of testdata/<name>.
func Equal(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", filepath.FromSlash(name))
	if *update {
		write(t, file, got)
		return
	}
	if diff := cmp.Diff(string(read(t, file)), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got); if that is right, run: go test -run '^%s$' -update\n%s", file, t.Name(), diff)
	}
}

// Block fails the test when got is not what the file holds between two lines, which
// begin with begin and end. The rest of the file is nobody's business here.
func Block(t *testing.T, file, begin, end string, got []byte) {
	t.Helper()
	content := read(t, file)
	from, to, ok := between(content, begin, end)
	if !ok {
		t.Fatalf("%s has no lines %q and %q in this order", file, begin, end)
	}
	if *update {
		write(t, file, bytes.Join([][]byte{content[:from], got, content[to:]}, nil))
		return
	}
	if diff := cmp.Diff(string(content[from:to]), string(got)); diff != "" {
		t.Errorf("%s is stale (-file +code); run: make generate\n%s", file, diff)
	}
}

// between finds the bytes after the line of begin up to the line of end.
func between(content []byte, begin, end string) (from, to int, ok bool) {
	at := bytes.Index(content, []byte(begin))
	if at < 0 {
		return 0, 0, false
	}
	line := bytes.IndexByte(content[at:], '\n')
	if line < 0 {
		return 0, 0, false
	}
	from = at + line + 1
	length := bytes.Index(content[from:], []byte(end))
	return from, from + length, length >= 0
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; if it is new, run the test with -update", err)
	}
	return content
}

func write(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
}
