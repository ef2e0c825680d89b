package env

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/cmd/internal/cli/kit"
	"github.com/shakedown-dev/shakedown/envs/logs"
)

// someLines are of two components, with a part, a gap and what commands a terminal.
func someLines() []logs.Line {
	at := time.Date(2026, 11, 29, 12, 0, 0, 123456789, time.UTC)
	api, web := logs.Source{Component: "api", Pod: "api-1", Container: "api"}, logs.Source{Component: "web", Pod: "web-1", Container: "proxy"}
	return []logs.Line{
		{Source: api, Time: at, Text: "a\x1b[31mb\x1b[0m\x1b]0;title\x07\xff\x00c\u202e"},
		{Source: web, Time: at, Text: "long", Part: logs.First},
		{Source: web, Time: at, Text: " line", Part: logs.Last},
		{Source: web, Time: at, Text: "not at its end", Part: logs.First},
		{Source: api, Time: at, Previous: true, Text: "last words"},
		{Source: api, Gap: &logs.Gap{From: at, To: at.Add(time.Second), Reason: logs.ReasonRotated}},
		{Source: api, Gap: &logs.Gap{From: at, Reason: "no\nroute"}},
	}
}

// printed is what is written of the lines, to a terminal or not.
func printed(t *testing.T, format string, tty bool, env map[string]string) (out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	d := &kit.Deps{World: kit.World{
		Out: &o, Err: &e, OutTTY: tty, Env: func(name string) string { return env[name] }, Now: time.Now,
	}, Output: format}
	p := newPrinter(d, &logsOptions{})
	for _, l := range someLines() {
		if err := p.Line(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(); err != nil {
		t.Fatal(err)
	}
	return o.String(), e.String()
}

const wantText = `api-1 | ab�]0;title���c�
web-1/proxy | long [first part of a line]
web-1/proxy |  line [last part of a line]
web-1/proxy | not at its end [first part of a line]
api-1 (previous) | last words
--- gap: api-1: lines may be missing from 2026-11-29T12:00:00.123456Z to 2026-11-29T12:00:01.123456Z: the log was rotated while it was not read ---
--- gap: api-1: lines may be missing from 2026-11-29T12:00:00.123456Z: no route ---
`

// TestPrintedText has no colours where nobody sees them, and nothing that commands a
// terminal but ours.
func TestPrintedText(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tty     bool
		env     map[string]string
		colours int
	}{
		"pipe":      {},
		"terminal":  {tty: true, colours: 7},
		"no colour": {tty: true, env: map[string]string{"NO_COLOR": "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, errs := printed(t, "text", test.tty, test.env)
			if n := strings.Count(out, "\x1b[0m"); n != test.colours || strings.Count(out, "\x1b") != 2*n {
				t.Errorf("%d colours, want %d:\n%q", n, test.colours, out)
			}
			if diff := cmp.Diff(wantText, logs.Readable(out)); diff != "" || errs != "" {
				t.Errorf("stderr %q; stdout (-want +got):\n%s", errs, diff)
			}
		})
	}
	out, _ := printed(t, "text", true, nil)
	if !strings.HasPrefix(out, "\x1b[36mapi-1 |\x1b[0m ") || !strings.Contains(out, "\x1b[32mweb-1/proxy |\x1b[0m") {
		t.Errorf("components do not have colours of their own:\n%q", out)
	}
}

// TestPrintedRaw is what was written, whole; gaps are elsewhere. A line of which the end has
// not come is not joined with one of another container.
func TestPrintedRaw(t *testing.T) {
	t.Parallel()
	out, errs := printed(t, "raw", true, nil)
	want := "a\x1b[31mb\x1b[0m\x1b]0;title\x07\xff\x00c\u202e\nlong line\nnot at its end\nlast words\n"
	if out != want {
		t.Errorf("%q, want %q", out, want)
	}
	if n := strings.Count(errs, "gap: api-1: lines may be missing"); n != 2 || strings.Count(errs, "\n") != 2 {
		t.Errorf("%d gaps on stderr, want 2:\n%s", n, errs)
	}
}

// TestPrintedJSON is one object a line.
func TestPrintedJSON(t *testing.T) {
	t.Parallel()
	out, _ := printed(t, "json", false, nil)
	lines := strings.Split(out, "\n")
	want := []string{
		`{"type":"line","time":"2026-11-29T12:00:00.123456789Z","component":"api","pod":"api-1","container":"api","previous":true,"text":"last words"}`,
		`{"type":"gap","component":"api","pod":"api-1","container":"api","from":"2026-11-29T12:00:00.123456789Z","to":"2026-11-29T12:00:01.123456789Z","reason":"the log was rotated while it was not read"}`,
		`{"type":"gap","component":"api","pod":"api-1","container":"api","from":"2026-11-29T12:00:00.123456789Z","reason":"no\nroute"}`,
		"",
	}
	if diff := cmp.Diff(want, lines[4:]); diff != "" || strings.ContainsAny(out, "\x1b\x00\x07") {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// full is a device that takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestLinesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	p := newPrinter(&kit.Deps{World: kit.World{Out: full{}}, Output: "raw"}, &logsOptions{})
	err := errors.Join(p.Line(logs.Line{Text: strings.Repeat("x", 1<<20)}), p.Flush())
	if err == nil || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("error %v", err)
	}
}
