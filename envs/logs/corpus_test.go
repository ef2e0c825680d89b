package logs

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/internal/golden"
)

// TestCorpus shows what is understood of the lines of usual libraries and programs. The
// level is that of a line in its place: lines of a stack trace have that of their head.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("testdata/corpus/*.log")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	var out bytes.Buffer
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "# %s\n", filepath.Base(file))
		var in levels
		for line := range strings.SplitSeq(strings.TrimSuffix(string(raw), "\n"), "\n") {
			r := Parse(line)
			at := "-"
			if !r.Time.IsZero() {
				at = r.Time.Format(time.RFC3339Nano)
			}
			fmt.Fprintf(&out, "%-6s %-6s %s %q\n", r.Format, in.of(line), at, r.Message)
		}
	}
	golden.Equal(t, "corpus.golden", out.Bytes())
}

func TestFields(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ line, field, want string }{
		"text":             {`{"a":"b"}`, "a", "b"},
		"number":           {`{"a":1.50}`, "a", "1.50"},
		"object":           {`{"a": {"b": [1, 2]}}`, "a", `{"b":[1,2]}`},
		"nested":           {`{"a":{"b":{"c":"d"}}}`, "a.b.c", "d"},
		"name with a dot":  {`{"a.b":{"c":"d"}}`, "a.b.c", "d"},
		"null":             {`{"a":null}`, "a", ""},
		"logfmt":           {`level=info msg="a b"`, "msg", "a b"},
		"first of two":     {`level=info x=1 x=2`, "x", "1"},
		"status of nginx":  {`1.2.3.4 - - [29/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 612`, "status", "200"},
		"not there":        {`{"a":"b"}`, "b", "(none)"},
		"no fields at all": {"text", "text", "(none)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := Parse(test.line).Field(test.field)
			if !ok {
				got = "(none)"
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// FuzzParse: any text has a record, with a level that has a name or none.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/corpus/*.log")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for line := range bytes.SplitSeq(raw, []byte{'\n'}) {
			f.Add(string(line))
		}
	}
	f.Fuzz(func(t *testing.T, line string) {
		r := Parse(line)
		if r.Format == "" || r.Level != Unknown && r.Level.String() == "" {
			t.Errorf("%q is %+v", line, r)
		}
		r.Field("a.b")
		new(levels).of(line)
		if !strings.ContainsAny(line, "\x00\x1b") && Readable(line) != line {
			t.Errorf("%q became %q", line, Readable(line))
		}
	})
}
