package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	stdhtml "html"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/experiments/record"
	"github.com/shakedown-dev/shakedown/experiments/spec"
	"github.com/shakedown-dev/shakedown/internal/html"
)

// FuzzRender checks that no record that can be read breaks a renderer, and that each
// format says the word of the verdict as the record has it.
func FuzzRender(f *testing.F) {
	f.Add([]byte(`{"schema":"shakedown.dev/run/v2"}`))
	f.Add([]byte(`{"schema":"shakedown.dev/run/v2","verdict":{"word":"<b>"},"probes":[{"value":-1e308,"samples":[{"t":"0001-01-01T00:00:00Z","value":1e308},{"t":"9999-01-01T00:00:00Z"}],"outages":[{}]}],"recovery":[{}],"steps":[{}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if r, err := record.Parse(raw); err == nil {
			renderAll(t, r)
		}
	})
}

// FuzzRenderAnything does so for records made of absurd values.
func FuzzRenderAnything(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, "passed", "text")
	}
	f.Fuzz(func(t *testing.T, seed uint64, word, text string) { renderAll(t, absurd(t, seed, word, text)) })
}

func TestRenderAnything(t *testing.T) {
	for seed := range uint64(300) {
		renderAll(t, absurd(t, seed, string([]record.Word{record.Passed, record.Failed, "", "*odd*"}[seed%4]), "<i>|`"))
	}
}

// renderAll renders every format and checks what must hold for each.
func renderAll(t *testing.T, r record.Record) {
	t.Helper()
	page, word := render(t, r), wordOf(r)
	heading, _, _ := strings.Cut(after(page, `<span class="vh">Verdict: </span>`), "</h2>")
	if got := stdhtml.UnescapeString(heading); got != strings.ReplaceAll(word, "\x00", "\uFFFD") {
		t.Errorf("the page says %q, the record %q", got, word)
	}
	svg := after(page, "<main>")
	for _, banned := range []string{`"NaN`, `"+Inf`, `"-Inf`, ",NaN", " NaN", "e+3"} {
		if i := strings.Index(svg, banned); i >= 0 && strings.Contains(lastTag(svg[:i]), "<path") {
			t.Errorf("a drawing has %q: %.80s", banned, svg[max(0, i-40):])
		}
	}
	var md, junit, js bytes.Buffer
	for _, err := range []error{Markdown(&md, r), JUnit(&junit, r), JSON(&js, r)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if head, _, _ := strings.Cut(md.String(), "\n"); !strings.HasSuffix(head, "**"+inert(word)+"**") {
		t.Errorf("the comment begins with %q", head)
	}
	var suites junitSuites
	if err := xml.Unmarshal(junit.Bytes(), &suites); err != nil {
		t.Fatalf("not XML: %v", err)
	}
	if green := suites.Failures+suites.Errors+suites.Skipped == 0; green != (r.Verdict.Word == record.Passed) {
		t.Errorf("JUnit is green: %v, the word is %q", green, r.Verdict.Word)
	}
	if text := Text(r, 80, false); !strings.HasPrefix(text, strings.TrimRight(lookOf(r.Verdict.Word).mark+" "+html.Line(word), " ")) {
		t.Errorf("the text does not say the word: %.80q", text)
	}
}

func after(s, mark string) string {
	_, rest, _ := strings.Cut(s, mark)
	return rest
}

func lastTag(s string) string { return s[max(0, strings.LastIndex(s, "<")):] }

// absurd is a record filled with values from the edges of their types, as it comes back
// from its JSON.
func absurd(t *testing.T, seed uint64, word, text string) record.Record {
	t.Helper()
	var r record.Record
	fill(rand.New(rand.NewPCG(seed, 1)), reflect.ValueOf(&r).Elem(), text)
	r.Schema, r.Verdict.Word = record.Schema, record.Word(word)
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	r, err = record.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func fill(random *rand.Rand, v reflect.Value, text string) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(pick(random, time.Time{}, t0(), t0().Add(time.Second), t0().Add(-time.Nanosecond), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.Unix(0, 0).UTC())))
		return
	}
	if v.Type() == reflect.TypeFor[json.RawMessage]() {
		raw, _ := json.Marshal(map[string]string{"gracePeriod": text}) // text can be encoded
		v.Set(reflect.ValueOf(json.RawMessage(raw)))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(random, field, text)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), random.IntN(5), 5))
		for i := range v.Len() {
			fill(random, v.Index(i), text)
		}
	case reflect.Pointer:
		if random.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(random, v.Elem(), text)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.ValueOf(text)
		if v.Type().Elem() == reflect.TypeFor[json.RawMessage]() {
			value = reflect.ValueOf(json.RawMessage(`{"query":"<b>"}`))
		}
		v.SetMapIndex(reflect.ValueOf(text), value)
	case reflect.String:
		v.SetString(pick(random, "", text, text, "ready", "prometheus", ">=", "<", spec.MustRecover, record.OutcomeInjected, record.MarkSLIBack, record.SourceProbe))
	case reflect.Bool:
		v.SetBool(random.IntN(2) == 0)
	case reflect.Int, reflect.Int64:
		v.SetInt(pick(random, 0, 1, -1, 3, int64(time.Second), math.MaxInt64, math.MinInt64))
	case reflect.Uint64:
		v.SetUint(pick[uint64](random, 0, 1, math.MaxUint64))
	case reflect.Float64:
		v.SetFloat(pick(random, 0, 1, -1, 0.99, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 1e-300, 3))
	default:
		panic("the record has a field of kind " + v.Kind().String())
	}
}

func pick[T any](random *rand.Rand, values ...T) T { return values[random.IntN(len(values))] }
