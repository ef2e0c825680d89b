package html_test

import (
	"bytes"
	"errors"
	"html/template"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/internal/html"
)

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 340 * time.Millisecond: "340 ms", 999 * time.Millisecond: "999 ms", 3420 * time.Millisecond: "3.42 s",
		1500 * time.Microsecond: "1.5 ms", 59940 * time.Millisecond: "59.9 s", 59960 * time.Millisecond: "1 min", 72 * time.Second: "1 min 12 s",
		125 * time.Minute: "2 h 5 min", -time.Second: "−1 s", 10 * time.Second: "10 s", 700 * time.Nanosecond: "700 ns", time.Microsecond: "1 µs", 999 * time.Microsecond: "999 µs",
		math.MinInt64: "−2562047 h 47 min",
	} {
		if got := html.Span(d); got != want {
			t.Errorf("html.Span(%v) = %q, want %q", time.Duration(d), got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0", -1234: "-1,234", 999: "999", 1000000: "1,000,000", math.MinInt64: "-9,223,372,036,854,775,808"} {
		if got := html.Count(n); got != want {
			t.Errorf("html.Count(%d) = %q, want %q", n, got, want)
		}
	}
	if one, many := html.Plural(1, "victim"), html.Plural(2000, "victim"); one != "1 victim" || many != "2,000 victims" {
		t.Errorf("%q and %q", one, many)
	}
}

func TestTimes(t *testing.T) {
	at := time.Date(2026, 5, 4, 3, 2, 1, 7e6, time.FixedZone("", 3600))
	for got, want := range map[string]string{
		html.Clock(at): "02:02:01.007", html.Date(at): "2026-05-04 02:02:01 UTC", html.Instant(at): "2026-05-04 02:02:01.007 UTC", html.Date(time.Time{}): "–", html.Clock(time.Time{}) + " ": "– ",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestHead: the browser computes the hash of what stands between the tags.
func TestHead(t *testing.T) {
	sheet := html.NewSheet("a{color:red}", "\n.b>i{top:0}\n")
	page := template.Must(template.New("page").Parse("<meta {{.Policy}}><style>{{.Style}}</style>"))
	var b bytes.Buffer
	if err := html.Render(&b, page, sheet.Head()); err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(b.String(), "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	if !strings.Contains(b.String(), `<meta content="`+html.Sheet(style).Policy()+`">`) {
		t.Errorf("the policy does not fit the style sheet: %.200s", b.String())
	}
	for _, part := range []string{":root{", "a{color:red}", ".b>i{top:0}"} {
		if !strings.Contains(style, part) {
			t.Errorf("the style sheet lacks %q", part)
		}
	}
	if html.NewSheet().Policy() == sheet.Policy() {
		t.Error("two sheets have one policy")
	}
}

// TestRenderIsWhole writes nothing of a page that cannot be rendered.
func TestRenderIsWhole(t *testing.T) {
	broken := template.Must(template.New("page").Funcs(template.FuncMap{"fail": func() (string, error) { return "", errors.New("no") }}).Parse("half{{fail}}"))
	var b bytes.Buffer
	if err := html.Render(&b, broken, nil); err == nil || b.Len() > 0 {
		t.Errorf("error %v after %q", err, b.String())
	}
}

// TestRenderIsVisible: a page that is written to a terminal does not command it.
func TestRenderIsVisible(t *testing.T) {
	var out bytes.Buffer
	page := template.Must(template.New("").Parse("<p>\n\t{{.}}</p>"))
	if err := html.Render(&out, page, "a\x1b[31mb\x00c\u202ed"); err != nil || out.String() != "<p>\n\ta\uFFFD[31mb\uFFFDc\uFFFDd</p>" {
		t.Errorf("%q, %v", out.String(), err)
	}
}
