package syntax

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLex(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		d          Dialect
		want       []Token
	}{
		{"name with a backtick", "`a``b`.c", Dialect{}, []Token{{Name, "`a``b`"}, {Mark, "."}, {Word, "c"}}},
		{"backslash in a string", `'a\'b''c'x`, Dialect{}, []Token{{Text, `'a\'b''c'`}, {Word, "x"}}},
		{"no backslash escapes", `'a\'b`, Dialect{NoBackslash: true}, []Token{{Text, `'a\'`}, {Word, "b"}}},
		{"double quotes are text", `"a""b"`, Dialect{}, []Token{{Text, `"a""b"`}}},
		{"double quotes are names", `"a""b\"`, Dialect{ANSIQuotes: true}, []Token{{Name, `"a""b\"`}}},
		{"comment to the end of the line", "a--b -- c'\nd # `\n", Dialect{}, []Token{
			{Word, "a"},
			{Mark, "-"},
			{Mark, "-"},
			{Word, "b"},
			{Space, " "},
			{Comment, "-- c'\n"},
			{Word, "d"},
			{Space, " "},
			{Comment, "# `\n"},
		}},
		{"version comments", "/*!50100 a /* ' */*//*M!100 b*/*/", Dialect{}, []Token{
			{Open, "/*!50100"},
			{Space, " "},
			{Word, "a"},
			{Space, " "},
			{Comment, "/* ' */"},
			{Close, "*/"},
			{Open, "/*M!100"},
			{Space, " "},
			{Word, "b"},
			{Close, "*/"},
			{Mark, "*"},
			{Mark, "/"},
		}},
		{"a second byte that looks like a backslash", "'\x83\x5c'a", Dialect{Charset: "sjis"}, []Token{{Text, "'\x83\x5c'"}, {Word, "a"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Lex(tc.text, tc.d)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(Token{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLexRefuses(t *testing.T) {
	for _, text := range []string{"'a", `'a\`, "`a``", "/* a", "/*!50100 a", `"`} {
		if got, err := Lex(text, Dialect{}); err == nil {
			t.Errorf("lex(%q) = %v", text, got)
		}
	}
}

// FuzzLex: the tokens are the text, and no rewriting of text without the words that
// it looks for changes anything.
func FuzzLex(f *testing.F) {
	for _, text := range []string{
		"CREATE DEFINER=`a`@`b` TRIGGER x.y AFTER INSERT ON x.z FOR EACH ROW SET @a = 'x.z'",
		"CREATE TABLE `t` (\n `a` enum('(',')') COLLATE utf8mb4_0900_ai_ci,\n KEY `k` (`a`)\n) /*!50100 PARTITION BY x */",
		"/*M!1 */ -- x\n'\\'", "CREATE EVENT e ON COMPLETION NOT PRESERVE DISABLE ON SLAVE DO x",
	} {
		f.Add(text, false, false, "sjis")
	}
	f.Fuzz(func(t *testing.T, text string, ansi, noBackslash bool, charset string) {
		tokens, err := Lex(text, Dialect{ansi, noBackslash, charset})
		if err != nil {
			return
		}
		if Join(tokens) != text {
			t.Fatalf("the tokens of %q are %q", text, Join(tokens))
		}
		checkRewrites(t, text, tokens)
	})
}

func checkRewrites(t *testing.T, text string, tokens []Token) {
	before := slices.Clone(tokens)
	same := func(string) string { return "x" }
	if got, _ := MapCollations(tokens, same); !strings.Contains(strings.ToUpper(text), "COLLATE") && Join(got) != text {
		t.Errorf("collations of %q become %q", text, Join(got))
	}
	if got, left := MoveDatabase(tokens, "from", "to", func(string) bool { return true }); !strings.Contains(text, "from") && (left || Join(got) != text) {
		t.Errorf("%q becomes %q", text, Join(got))
	}
	if got, was, err := Redefine(tokens, ""); err == nil && Join(got) != text {
		t.Errorf("definer %q of %q: %q", was, text, Join(got))
	}
	_, _, _ = DisableEvent(tokens)
	_, _ = Rename(tokens)
	if parsed, err := ParseTable(text); err == nil {
		_ = parsed.Statement("t", true, func(Definition) bool { return true })
		_ = WithoutCounter(text)
	}
	if !slices.Equal(before, tokens) {
		t.Errorf("a rewriting has changed the tokens of %q", text)
	}
}
