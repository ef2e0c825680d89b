package logs

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// entries reads all that a log has.
func entries(from io.Reader) (all []entry, err error) {
	r := newReader(from)
	for {
		e, err := r.next()
		if err != nil {
			return all, err
		}
		all = append(all, e)
	}
}

func TestReader(t *testing.T) {
	t.Parallel()
	const at = "2026-11-29T12:00:00.000000001Z "
	when := noon().Add(1)
	for name, test := range map[string]struct {
		log  string
		want []entry
	}{
		"empty":             {"", nil},
		"lines":             {at + "a\n" + at + "\n" + at + " b \r\n", []entry{{at: when, text: "a", stamped: true}, {at: when, stamped: true}, {at: when, text: " b \r", stamped: true}}},
		"another zone":      {"2026-11-29T13:00:00.000000001+01:00 a\n", []entry{{at: when, text: "a", stamped: true}}},
		"not at its end":    {at + "a\n" + at + "b", []entry{{at: when, text: "a", stamped: true}, {at: when, text: "b", stamped: true, open: true}}},
		"rest of a line":    {"rest\n" + at + "a\n", []entry{{text: "rest"}, {at: when, text: "a", stamped: true}}},
		"rest with a space": {"the rest\n", []entry{{text: "the rest"}}},
		"time that is none": {"2026-99-99T12:00:00Z a\n", []entry{{text: "2026-99-99T12:00:00Z a"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := entries(iotest.OneByteReader(strings.NewReader(test.log)))
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(entry{})); diff != "" || !errors.Is(err, io.EOF) {
				t.Errorf("error %v; entries (-want +got):\n%s", err, diff)
			}
		})
	}
}

// TestLongLines are whole up to a bound, and in parts that say so beyond it.
func TestLongLines(t *testing.T) {
	t.Parallel()
	const at = "2026-11-29T12:00:00Z "
	for name, test := range map[string]struct {
		length int
		want   []Part
	}{
		"40,000 bytes": {40_000, []Part{Whole}},
		"the bound":    {MaxLine, []Part{Whole}},
		"two parts":    {MaxLine + MaxLine/2, []Part{First, Last}},
		"four parts":   {3*MaxLine + MaxLine/2, []Part{First, Middle, Middle, Last}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Repeat("0123456789", test.length/10+1)[:test.length]
			all, err := entries(strings.NewReader(at + text + "\n" + at + "next\n"))
			if !errors.Is(err, io.EOF) || len(all) != len(test.want)+1 {
				t.Fatalf("%d entries, %v", len(all), err)
			}
			var whole strings.Builder
			for i, want := range test.want {
				whole.WriteString(all[i].text)
				if all[i].part != want || !all[i].at.Equal(noon()) {
					t.Errorf("part %d is %q at %s, want %q", i, all[i].part, all[i].at, want)
				}
			}
			if whole.String() != text || all[len(test.want)].text != "next" || all[len(test.want)].part != Whole {
				t.Error("the parts are not the line, or the next line is not whole")
			}
		})
	}
}

// TestLostConnection: what came of a line whose end did not come is dropped.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	cut := errors.New("cut")
	all, err := entries(io.MultiReader(strings.NewReader("2026-11-29T12:00:00Z a\n2026-11-29T12:00:00Z b"), iotest.ErrReader(cut)))
	if !errors.Is(err, cut) || len(all) != 1 || all[0].text != "a" {
		t.Errorf("%v, %v", all, err)
	}
}

// FuzzReader: whatever comes, no byte of it is lost but the times and the ends of lines.
func FuzzReader(f *testing.F) {
	f.Add("2026-11-29T12:00:00Z a\nb\n\n2026-11-29T12:00:00Z ")
	f.Add("\x00\xff\xfe\n")
	f.Fuzz(func(t *testing.T, log string) {
		all, err := entries(strings.NewReader(log))
		if !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		rest := log
		for _, e := range all {
			line, after, _ := strings.Cut(rest, "\n")
			if rest = after; !strings.HasSuffix(line, e.text) || !e.stamped && line != e.text {
				t.Errorf("%q became %q", line, e.text)
			}
			if e.stamped && e.at.Location() != time.UTC {
				t.Errorf("%q has its time in %s", line, e.at.Location())
			}
		}
		if rest != "" {
			t.Errorf("%q was not read", rest)
		}
	})
}
