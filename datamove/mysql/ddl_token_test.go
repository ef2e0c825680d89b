package mysql

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLex(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		d          dialect
		want       []token
	}{
		{"name with a backtick", "`a``b`.c", dialect{}, []token{{tokenName, "`a``b`"}, {tokenMark, "."}, {tokenWord, "c"}}},
		{"backslash in a string", `'a\'b''c'x`, dialect{}, []token{{tokenText, `'a\'b''c'`}, {tokenWord, "x"}}},
		{"no backslash escapes", `'a\'b`, dialect{noBackslash: true}, []token{{tokenText, `'a\'`}, {tokenWord, "b"}}},
		{"double quotes are text", `"a""b"`, dialect{}, []token{{tokenText, `"a""b"`}}},
		{"double quotes are names", `"a""b\"`, dialect{ansiQuotes: true}, []token{{tokenName, `"a""b\"`}}},
		{"comment to the end of the line", "a--b -- c'\nd # `\n", dialect{}, []token{
			{tokenWord, "a"},
			{tokenMark, "-"},
			{tokenMark, "-"},
			{tokenWord, "b"},
			{tokenSpace, " "},
			{tokenComment, "-- c'\n"},
			{tokenWord, "d"},
			{tokenSpace, " "},
			{tokenComment, "# `\n"},
		}},
		{"version comments", "/*!50100 a /* ' */*//*M!100 b*/*/", dialect{}, []token{
			{tokenOpen, "/*!50100"},
			{tokenSpace, " "},
			{tokenWord, "a"},
			{tokenSpace, " "},
			{tokenComment, "/* ' */"},
			{tokenClose, "*/"},
			{tokenOpen, "/*M!100"},
			{tokenSpace, " "},
			{tokenWord, "b"},
			{tokenClose, "*/"},
			{tokenMark, "*"},
			{tokenMark, "/"},
		}},
		{"a second byte that looks like a backslash", "'\x83\x5c'a", dialect{charset: "sjis"}, []token{{tokenText, "'\x83\x5c'"}, {tokenWord, "a"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := lex(tc.text, tc.d)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(token{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLexRefuses(t *testing.T) {
	for _, text := range []string{"'a", `'a\`, "`a``", "/* a", "/*!50100 a", `"`} {
		if got, err := lex(text, dialect{}); err == nil {
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
		tokens, err := lex(text, dialect{ansi, noBackslash, charset})
		if err != nil {
			return
		}
		if join(tokens) != text {
			t.Fatalf("the tokens of %q are %q", text, join(tokens))
		}
		checkRewrites(t, text, tokens)
	})
}

func checkRewrites(t *testing.T, text string, tokens []token) {
	before := slices.Clone(tokens)
	same := func(string) string { return "x" }
	if got, _ := mapCollations(tokens, same); !strings.Contains(strings.ToUpper(text), "COLLATE") && join(got) != text {
		t.Errorf("collations of %q become %q", text, join(got))
	}
	if got, left := moveDatabase(tokens, "from", "to", func(string) bool { return true }); !strings.Contains(text, "from") && (left || join(got) != text) {
		t.Errorf("%q becomes %q", text, join(got))
	}
	if got, was, err := redefine(tokens, ""); err == nil && join(got) != text {
		t.Errorf("definer %q of %q: %q", was, text, join(got))
	}
	_, _, _ = disableEvent(tokens)
	_, _ = rename(tokens)
	_ = byMention([]object{{name: "a", create: text}, {name: "b", create: text}})
	if parsed, err := parseTable(text); err == nil {
		_ = parsed.statement("t", true, func(definition) bool { return true })
		_ = withoutCounter(text)
	}
	_ = toMySQL(toMariaDB(tokens))
	_, _ = parseGrant(text)
	if !slices.Equal(before, tokens) {
		t.Errorf("a rewriting has changed the tokens of %q", text)
	}
}
