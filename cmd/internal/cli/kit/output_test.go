package kit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// full is a device that takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// hostile is text of others that commands a terminal, forges lines and turns them around.
const hostile = "a\x1b[31mb\x00c\u202ed\x9be\r\nf\tg"

func hostileView() Result {
	return Result{Value: []string{"x"}, Draw: func(w io.Writer) {
		fmt.Fprintf(w, "reason: %s\n", hostile)
		Table(w, "", "NAME WHY", [][]string{{"x", hostile}})
	}}
}

func TestResultsThatCannotBeWritten(t *testing.T) {
	for _, format := range []string{"table", "json", "yaml"} {
		d := &Deps{World: World{Out: full{}}, Output: format}
		if err := d.Show(hostileView()); err == nil || !strings.Contains(err.Error(), "no space left on device") {
			t.Errorf("%s: error %v", format, err)
		}
	}
}

func TestNothingRawOnATerminal(t *testing.T) {
	var out, errs bytes.Buffer
	d := &Deps{World: World{Out: &out, Err: &errs, Env: func(string) string { return "" }, Now: func() time.Time { return time.Time{} }}, Verbose: true}
	if err := d.Show(hostileView()); err != nil {
		t.Fatal(err)
	}
	p := d.Progress()
	p.Step(hostile)
	p.Note(hostile)
	p.Say("%s", hostile)
	p.Done(nil)
	steps := d.Steps()
	steps.StepStarted(hostile)
	steps.StepNote(hostile, hostile)
	steps.StepEnded(hostile, nil)
	PrintError(&errs, errors.New(hostile), false)
	for name, text := range map[string]string{"stdout": out.String(), "stderr": errs.String()} {
		if strings.ContainsAny(text, "\x1b\x00\u202e\r") || strings.Contains(text, "\x9b") {
			t.Errorf("%s has raw bytes of others:\n%q", name, text)
		}
	}
	if rows := strings.Count(out.String(), "\n"); rows != 4 {
		t.Errorf("%d lines, want 2 for the reason, as it has, and 2 for the table:\n%s", rows, out.String())
	}
}

func TestStyledResultsKeepTheirStyle(t *testing.T) {
	var out bytes.Buffer
	d := &Deps{World: World{Out: &out}}
	if err := d.Show(Result{Styled: true, Draw: func(w io.Writer) { fmt.Fprint(w, "\x1b[1mpassed\x1b[0m") }}); err != nil || out.String() != "\x1b[1mpassed\x1b[0m" {
		t.Errorf("%q, %v", out.String(), err)
	}
}
