package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/shakedown-dev/shakedown/events"
	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/internal/html"
)

func render(t testing.TB, r record.Record) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// hostile is a record in which every text that somebody else may write tries to break out.
func hostile(t testing.TB) record.Record {
	t.Helper()
	const attack = `</title></style></script><script>alert(1)</script>"'><img src=x onerror=alert(2)>]]>|` + "`\n# @all\x1b[31m\u0000javascript:alert(3)"
	raw, err := json.Marshal(failedRecord())
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	poison(tree, attack)
	if raw, err = json.Marshal(tree); err != nil {
		t.Fatal(err)
	}
	var r record.Record
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	r.Verdict.Word = record.Failed
	return r
}

// poison appends the attack to every text that is neither a time nor a duration.
func poison(node any, attack string) any {
	switch v := node.(type) {
	case map[string]any:
		for k := range v {
			v[k] = poison(v[k], attack)
		}
	case []any:
		for i := range v {
			v[i] = poison(v[i], attack)
		}
	case string:
		_, notTime := time.Parse(time.RFC3339Nano, v)
		_, notDuration := time.ParseDuration(v)
		if notTime != nil && notDuration != nil {
			return v + attack
		}
	}
	return node
}

func TestHTMLIsInert(t *testing.T) {
	page := render(t, hostile(t))
	if strings.Contains(page, "<script") || strings.Contains(page, "<img") {
		t.Error("a text of the record became markup")
	}
	if strings.Count(page, "</style>") != 1 {
		t.Error("a text of the record ended the style sheet")
	}
	if !strings.Contains(page, "&lt;script&gt;alert(1)") {
		t.Error("the text itself is not shown")
	}
}

func TestHTMLLoadsNothing(t *testing.T) {
	for name, r := range records() {
		page := render(t, r)
		for _, banned := range []string{"<script", "<link", "<iframe", "<img", "src=", "url(", "@import", "<object", "<embed", " style=", " onload", "http://", "https://"} {
			if strings.Contains(page, banned) {
				t.Errorf("%s: the page has %q", name, banned)
			}
		}
		for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			if !strings.HasPrefix(link[1], "#") && !strings.HasPrefix(link[1], "data:application/json;base64,") {
				t.Errorf("%s: the page links to %.60s", name, link[1])
			}
		}
		if !strings.Contains(page, `<meta http-equiv="Content-Security-Policy" content="`+Policy()+`">`) {
			t.Errorf("%s: the page does not carry its policy", name)
		}
	}
}

func TestStyleFitsItsPolicy(t *testing.T) {
	page := render(t, passedRecord())
	_, rest, _ := strings.Cut(page, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	if diff := cmp.Diff(html.Sheet(style).Policy(), Policy()); diff != "" {
		t.Errorf("the browser will see another style sheet than the policy allows: %s", diff)
	}
}

func TestIDsAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, id := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(render(t, failedRecord()), -1) {
		if seen[id[1]] {
			t.Errorf("id %q occurs twice", id[1])
		}
		seen[id[1]] = true
	}
}

func TestMarkdownIsInert(t *testing.T) {
	var b bytes.Buffer
	if err := Markdown(&b, hostile(t)); err != nil {
		t.Fatal(err)
	}
	for _, banned := range []string{"<script", "<img", "@all", "\n# ", "`", "\x1b", "\x00"} {
		if strings.Contains(b.String(), banned) {
			t.Errorf("the comment has %q", banned)
		}
	}
}

func TestTextCommandsNoTerminal(t *testing.T) {
	r := hostile(t)
	if text := Text(r, 80, false); strings.ContainsAny(text, "\x1b\x00\r") {
		t.Errorf("the text has control characters: %q", text)
	}
	stripped := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(Text(r, 80, true), "")
	if diff := cmp.Diff(Text(r, 80, false), stripped); diff != "" {
		t.Errorf("colour changes more than colour: %s", diff)
	}
}

func TestTextFitsItsWidth(t *testing.T) {
	for _, width := range []int{60, 80, 120} {
		for line := range strings.Lines(Text(failedRecord(), width, false)) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > width {
				t.Errorf("width %d: a line has %d: %q", width, n, line)
			}
		}
	}
}

func TestJUnitOutcomes(t *testing.T) {
	for word, want := range map[record.Word]string{
		record.Passed: "failures=0 errors=0 skipped=0", record.Failed: "failures=1 errors=0 skipped=0",
		record.Inconclusive: "failures=0 errors=1 skipped=0", record.Aborted: "failures=0 errors=1 skipped=0",
		record.NotRun: "failures=0 errors=0 skipped=1", "": "failures=0 errors=1 skipped=0", "Passed": "failures=0 errors=1 skipped=0",
	} {
		r := hostile(t)
		r.Verdict.Word = word
		var b bytes.Buffer
		if err := JUnit(&b, r); err != nil {
			t.Fatal(err)
		}
		var suites junitSuites
		if err := xml.Unmarshal(b.Bytes(), &suites); err != nil {
			t.Fatalf("%q: not XML: %v", word, err)
		}
		got := fmt.Sprintf("failures=%d errors=%d skipped=%d", suites.Failures, suites.Errors, suites.Skipped)
		if got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}

// TestJSONHasEmptyLists: a list of nothing is [], not null, also in what is part of others.
func TestJSONHasEmptyLists(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := JSON(&b, record.Record{Schema: record.Schema, Steps: []record.Step{{}}, Probes: []record.ProbeSeries{{}}}); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); strings.Contains(text, "null") || !strings.Contains(text, `"evidence": []`) {
		t.Error(text)
	}
}

func TestJSONIsTheRecord(t *testing.T) {
	for name, want := range records() {
		var b bytes.Buffer
		if err := JSON(&b, want); err != nil {
			t.Fatal(err)
		}
		got, err := record.Parse(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestContradictionsAreTold(t *testing.T) {
	r := passedRecord()
	r.Evidence[2].Met = false
	if page := render(t, r); !strings.Contains(page, "effect seen on every victim") || !strings.Contains(page, "contradicts itself") {
		t.Error("the page does not tell that an unmet requirement contradicts passed")
	}
	r = passedRecord()
	r.Summary.Victims = 0
	if !strings.Contains(Text(r, 200, false), "no victim") {
		t.Error("the text does not tell that nobody was hit")
	}
	if found := contradictions(failedRecord()); found != nil {
		t.Errorf("a sound record contradicts itself: %v", found)
	}
}

func TestGapsAreGaps(t *testing.T) {
	p := newPlot(failedRecord(), 1, wide)
	if len(p.Lines) != 2 || len(p.Missing) != 3 {
		t.Errorf("%d lines and %d missing samples, want 2 and 3: a line must not cross what was not measured", len(p.Lines), len(p.Missing))
	}
	r := passedRecord()
	r.Probes[0].Samples = append(r.Probes[0].Samples[:5], r.Probes[0].Samples[12:]...)
	if p := newPlot(r, 0, wide); len(p.Lines) != 2 {
		t.Errorf("%d lines, want 2: seven samples are missing between them", len(p.Lines))
	}
}

func TestOutageAndErrorBar(t *testing.T) {
	p := newPlot(failedRecord(), 0, wide)
	if len(p.Outages) != 1 {
		t.Fatalf("%d outages, want 1", len(p.Outages))
	}
	second := (p.Right - p.Left) / 20
	if got := p.Outages[0].Width / second; math.Abs(got-7) > 0.05 {
		t.Errorf("the outage is %.2f s wide, want 7", got)
	}
	if got := p.Outages[0].Early / second; math.Abs(got-1) > 0.05 {
		t.Errorf("the error bar is %.2f s long, want 1", got)
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1", 0.99: "0.99", 0.999: "0.999", 0.30000000000000004: "0.3", 1e12: "1e+12", 12345678: "12345678", 1e-9: "1e-09", -2.5: "-2.5",
	} {
		if got := number(v); got != want {
			t.Errorf("number(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestNotMeasuredIsNotZero(t *testing.T) {
	r := inconclusiveRecord()
	for _, f := range figures(r)[:4] {
		if f.Value != notMeasured {
			t.Errorf("%s is %q, want %q", f.Name, f.Value, notMeasured)
		}
	}
	zero := events.Duration(0)
	r.Summary.Outage = &zero
	if got := figures(r)[1].Value; got != "0 s" {
		t.Errorf("a measured zero is %q, want 0 s", got)
	}
}

func BenchmarkHTML(b *testing.B) {
	r := failedRecord()
	b.ReportAllocs()
	for b.Loop() {
		render(b, r)
	}
}

func BenchmarkHTMLHour(b *testing.B) {
	r := failedRecord()
	for i := range r.Probes {
		for s := 15; s < 3600; s++ {
			sample := good(1)
			sample.At = at(float64(s))
			r.Probes[i].Samples = append(r.Probes[i].Samples, sample)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		render(b, r)
	}
}

func BenchmarkMarkdown(b *testing.B) {
	r := failedRecord()
	for b.Loop() {
		if err := Markdown(&bytes.Buffer{}, r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkText(b *testing.B) {
	r := failedRecord()
	for b.Loop() {
		Text(r, 100, true)
	}
}
