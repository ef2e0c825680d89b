package mask

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/shakedown-dev/shakedown/datamove"
)

// inside is the transform of a column with rules of path and word.
func inside(t testing.TB, pairs ...string) datamove.Transform {
	t.Helper()
	var rules []datamove.Rule
	for i := 0; i < len(pairs); i += 2 {
		rules = append(rules, datamove.Rule{Column: "*", Path: pairs[i], As: pairs[i+1]})
	}
	p, err := New(rules, testKey)
	if err != nil {
		t.Fatal(err)
	}
	return p.Column("d", "t", "c")
}

func TestJSON(t *testing.T) {
	text, mail, name, digits := masker(t, "text", false), masker(t, "email", false), masker(t, "name", false), masker(t, "digits", false)
	for _, tc := range []struct {
		name  string
		rules []string
		in    string
		want  string
	}{
		{"nested", []string{"$.user.email", "email"}, `{ "user" : {"email":"a@example.com", "n": 1.50} }`, `{ "user" : {"email":"` + mail("a@example.com") + `", "n": 1.50} }`},
		{"any of an array", []string{"$.items[*].name", "name"}, `{"items":[{"name":"Ana"},{"name":"Bob","x":"Ana"}],"name":"Ana"}`, `{"items":[{"name":"` + name("Ana") + `"},{"name":"` + name("Bob") + `","x":"Ana"}],"name":"Ana"}`},
		{"an index", []string{"$[1]", "text"}, `["one","two","three"]`, `["one","` + text("two") + `","three"]`},
		{"an odd key", []string{`$['odd \'key']["b\"c"]`, "text"}, `{"odd 'key":{"b\"c":"xyz"}}`, `{"odd 'key":{"b\"c":"` + text("xyz") + `"}}`},
		{"an escaped key", []string{"$.email", "email"}, `{"\u0065mail":"a@example.com"}`, `{"\u0065mail":"` + mail("a@example.com") + `"}`},
		{"duplicate keys", []string{"$.a", "text"}, `{"a":"one","a":"two"}`, `{"a":"` + text("one") + `","a":"` + text("two") + `"}`},
		{"escapes in a value", []string{"$.a", "text"}, `{"a":"\u00e9t\u00e9 \"q\"\n","b":"\u00e9\/"}`, ""},
		{"below a path", []string{"$.a", "text"}, `{"a":{"b":["one",null,true]}}`, `{"a":{"b":["` + text("one") + `",null,true]}}`},
		{"numbers stay numbers", []string{"$.a", "email"}, `{"a":10203,"b":10203}`, ``},
		{"digits", []string{"$.a", "digits"}, `{"a":"00123","b":-0.5e-3}`, `{"a":"` + digits("00123") + `","b":-0.5e-3}`},
		{"null", []string{"$.a", "null"}, `{"a":"x","b":"y"}`, `{"a":null,"b":"y"}`},
		{"null below", []string{"$.a", "null"}, `{"a":[1,true,{"c":"d"}]}`, `{"a":[null,null,{"c":null}]}`},
		{"first rule decides", []string{"$.a.id", "keep", "$.a", "text"}, `{"a":{"id":"one","b":"two"}}`, `{"a":{"id":"one","b":"` + text("two") + `"}}`},
		{"first rule decides, the wide one", []string{"$.a", "text", "$.a.id", "keep"}, `{"a":{"id":"one"}}`, `{"a":{"id":"` + text("one") + `"}}`},
		{"the rest", []string{"$.id", "keep", "", "text"}, `{"id":"one","b":{"c":"two"}}`, `{"id":"one","b":{"c":"` + text("two") + `"}}`},
		{"the root", []string{"$", "text"}, ` "one" `, ` "` + text("one") + `" `},
		{"any member", []string{"$.*.n", "text"}, `{"a":{"n":"one"},"b":{"m":"two"}}`, `{"a":{"n":"` + text("one") + `"},"b":{"m":"two"}}`},
		{"nothing there", []string{"$.a.b.c", "text"}, `{"a":{"b":"x"},"c":[]}`, `{"a":{"b":"x"},"c":[]}`},
		{"empty", []string{"$.a", "text"}, `{"a":"","b":{},"c":[ ]}`, `{"a":"","b":{},"c":[ ]}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, null, err := inside(t, tc.rules...).Mask(nil, []byte(tc.in))
			if err != nil || null || !json.Valid(got) {
				t.Fatalf("%s, %t, %v", got, null, err)
			}
			switch tc.name {
			case "escapes in a value":
				if !strings.HasSuffix(string(got), `"b":"\u00e9\/"}`) || len(got) != len(tc.in)-8 {
					t.Errorf("got %s", got)
				}
			case "numbers stay numbers":
				if string(got) == tc.in || !strings.HasSuffix(string(got), `"b":10203}`) {
					t.Errorf("got %s", got)
				}
			default:
				if string(got) != tc.want {
					t.Errorf("got  %s\nwant %s", got, tc.want)
				}
			}
		})
	}
}

func TestJSONThatIsNone(t *testing.T) {
	transform := inside(t, "$.a", "text")
	for _, in := range []string{"", " ", "secret", `{"a":"secret"`, `{"a" "secret"}`, `{"a":secret}`, `{"a":01}`, `{"a":1} secret`, `{"a":1}{"a":2}`, `{,}`, `[1,]`, "\"\x01\"", `"\x"`, `"\u12"`, strings.Repeat("[", maxDepth+5)} {
		out, _, err := transform.Mask([]byte("before"), []byte(in))
		if err == nil || strings.Contains(err.Error(), "secret") || string(out) != "before" {
			t.Errorf("%.40q: %q, %v", in, out, err)
		}
	}
}

func TestJSONLines(t *testing.T) {
	p, err := New([]datamove.Rule{{Object: "*.json", Path: "$.a", As: "text"}}, testKey)
	if err != nil {
		t.Fatal(err)
	}
	text := masker(t, "text", false)
	got, _, err := p.Object("x/y.json").Mask(nil, []byte("{\"a\":\"one\"}\n{\"a\":\"two\"}\n"))
	if want := "{\"a\":\"" + text("one") + "\"}\n{\"a\":\"" + text("two") + "\"}\n"; err != nil || string(got) != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	if p.Object("x/y.csv") != nil {
		t.Error("another object is masked")
	}
}

func TestPaths(t *testing.T) {
	for path, ok := range map[string]bool{
		"$": true, "$.a": true, "$.a.b[0]['c d'][*].*": true, `$["a"]`: true, "$['']": true, "$.ключ": true,
		"": false, "a": false, "$a": false, "$.": false, "$..a": false, "$.a..b": false, "$[": false, "$[a]": false, "$[-1]": false, "$[+1]": false, "$['a'": false, "$['a]": false, "$.a b": false, "$.a*": false, "$[]": false,
	} {
		if _, err := parsePath(path); (err == nil) != ok {
			t.Errorf("%q: %v", path, err)
		}
	}
}

// FuzzJSON compares what is JSON with encoding/json, and says that what no rule leads
// to is the same afterwards.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":"b"}`, `[1,2.5e+3,-0]`, `{"a":{"a":["x",{"a":null}]}}`, `"\ud83d\ude00\ud800"`, ` {"\u0061":"é\n"} `, `{"b":"x","a":[]}`} {
		f.Add([]byte(s))
	}
	masking, keeping := inside(f, "$.a", "text", "$[*].b", "email"), inside(f, "$.nowhere.at.all", "text")
	f.Fuzz(func(t *testing.T, in []byte) {
		got, _, err := masking.Mask(nil, in)
		if valid := json.Valid(in); valid != (err == nil) {
			t.Fatalf("%q: valid is %t, the error %v", in, valid, err)
		}
		if err != nil {
			return
		}
		if !json.Valid(got) {
			t.Errorf("%q became %q", in, got)
		}
		if same, _, err := keeping.Mask(nil, in); err != nil || !bytes.Equal(same, in) {
			t.Errorf("%q was not left alone: %q, %v", in, same, err)
		}
	})
}

func FuzzPath(f *testing.F) {
	f.Add("$.a['b'][*]")
	f.Fuzz(func(_ *testing.T, path string) { _, _ = parsePath(path) })
}

func BenchmarkJSON(b *testing.B) {
	transform := inside(b, "$.user.email", "email", "$.items[*].name", "name")
	in := []byte(`{"id":17,"user":{"email":"alice@example.com","roles":["a","b"]},"items":[{"name":"Ana","qty":3},{"name":"Bob","qty":4.5}],"note":"nothing to see"}`)
	buf := make([]byte, 0, 1024)
	b.ReportAllocs()
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		if _, _, err := transform.Mask(buf, in); err != nil {
			b.Fatal(err)
		}
	}
}
