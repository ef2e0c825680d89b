package name

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRead reads what Route 53 lists; escapes are octal.
func TestRead(t *testing.T) {
	for _, tc := range []struct{ name, listed, want string }{
		{"plain", "www.shop.example.", "www.shop.example"},
		{"no dot at the end", "www.shop.example", "www.shop.example"},
		{"upper case", "WWW.Shop.Example.", "www.shop.example"},
		{"wildcard", `\052.envs.shop.example.`, "*.envs.shop.example"},
		{"wildcard unescaped", "*.envs.shop.example.", "*.envs.shop.example"},
		{"asterisk that is none", `a-\052.shop.example.`, `a-\052.shop.example`},
		{"asterisk inside", `a.\052.example.`, `a.\052.example`},
		{"blank", `a\040b.shop.example.`, `a\040b.shop.example`},
		{"at", `\100.shop.example.`, `\100.shop.example`},
		{"at unescaped", "@.shop.example.", `\100.shop.example`},
		{"escaped letter", `\101.example.`, "a.example"},
		{"escaped dot", `a\056b.example.`, `a\056b.example`},
		{"dot by itself", `a\.b.example.`, `a\056b.example`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Read(tc.listed)
			if err != nil || string(got) != tc.want {
				t.Errorf("got %q, %v, want %q", got, err, tc.want)
			}
		})
	}
}

// TestReadRefuses what no zone can have.
func TestReadRefuses(t *testing.T) {
	for name, listed := range map[string]string{
		"nothing": "", "empty label": "a..b", "decimal escape": `\098.example`, "short escape": `\05`, "backslash": `a\`,
		"too large escape": `\777.example`, "long label": strings.Repeat("a", 64) + ".example",
	} {
		if got, err := Read(listed); err == nil {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

// TestParse takes names that somebody wants.
func TestParse(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"plain", "www.shop.example", "www.shop.example"},
		{"dot at the end", "www.shop.example.", "www.shop.example"},
		{"upper case", "WWW.Shop.Example", "www.shop.example"},
		{"wildcard", "*.shop.example", "*.shop.example"},
		{"underscore", "_acme-challenge.shop.example", "_acme-challenge.shop.example"},
		{"international", "Bücher.example", "xn--bcher-kva.example"},
		{"below a wildcard", "*.bücher.example", "*.xn--bcher-kva.example"},
		{"Punycode", "xn--bcher-kva.example", "xn--bcher-kva.example"},
		{"sharp s", "straße.example", "xn--strae-oqa.example"},
		{"full-width dot", "a。example", "a.example"},
		{"hyphens inside", "r3---sn.example", "r3---sn.example"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Parse(tc.text)
			if err != nil || string(got) != tc.want {
				t.Errorf("got %q, %v, want %q", got, err, tc.want)
			}
		})
	}
}

// TestParseRefuses names that are none, and says how to write them where it can.
func TestParseRefuses(t *testing.T) {
	long := strings.Repeat("a", 64)
	for _, tc := range []struct{ name, text, says string }{
		{"nothing", "", "a label is empty"},
		{"a dot", ".", "a label is empty"},
		{"two dots at the end", "a.example..", "a label is empty"},
		{"empty label", "a..example", "a label is empty"},
		{"blank", "a b.example", "characters other than"},
		{"slash", "a/b.example", "characters other than"},
		{"hyphen first", "-a.example", "begins or ends with -"},
		{"hyphen last", "a-.example", "begins or ends with -"},
		{"wildcard inside", "a.*.example", "the wildcard can only be the whole first label"},
		{"wildcard in a label", "a*.example", "the wildcard can only be the whole first label"},
		{"wildcard alone", "*", "the wildcard can only be the whole first label"},
		{"two wildcards", "*.*.example", "the wildcard can only be the whole first label"},
		{"escaped wildcard", `\*.x.shop.example`, "write *.x.shop.example"},
		{"wildcard in octal", `\052.x.shop.example`, "write *.x.shop.example"},
		{"escaped blank", `a\040b.example`, "characters other than"},
		{"no UTF-8", "\xfa.example", "it is not UTF-8"},
		{"bad Punycode", "xn--a.example", "is no name"},
		{"long label", long + ".example", "has 64 characters, at most 63 are possible; " + Fit(long, 63) + " would do"},
		{"long name", strings.Repeat("abcdefg.", 32) + "example", "at most 253"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Parse(tc.text)
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %q, %v, want an error that says %q", got, err, tc.says)
			}
		})
	}
}

// TestFit shortens labels so that they fit and stay apart.
func TestFit(t *testing.T) {
	a, b := Fit(strings.Repeat("a", 70), 57), Fit(strings.Repeat("a", 71), 57)
	if len(a) != 57 || len(b) != 57 || a == b {
		t.Errorf("%q and %q", a, b)
	}
	if got := Fit("pr-128", 57); got != "pr-128" {
		t.Errorf("a label that fits became %q", got)
	}
	if got := Fit(strings.Repeat("b", 10)+strings.Repeat("-", 60), 20); got[10] != '-' || len(got) != 10+1+hashed {
		t.Errorf("hyphens: %q", got)
	}
}

// TestTooLong counts what else a label has to hold.
func TestTooLong(t *testing.T) {
	n := Name(strings.Repeat("a", 60) + ".example")
	by, fitting := n.TooLong(6)
	if diff := cmp.Diff([]any{3, Name(Fit(strings.Repeat("a", 60), 57) + ".example")}, []any{by, fitting}); diff != "" {
		t.Error(diff)
	}
	if by, fitting := n.TooLong(3); by != 0 || fitting != n {
		t.Errorf("got %d, %q", by, fitting)
	}
}

// TestWithin compares whole labels.
func TestWithin(t *testing.T) {
	for _, tc := range []struct {
		name, zone Name
		want       bool
	}{
		{"a.example", "example", true}, {"example", "example", true}, {"aexample", "example", false}, {"example", "a.example", false},
	} {
		if got := tc.name.Within(tc.zone); got != tc.want {
			t.Errorf("%s within %s: %v", tc.name, tc.zone, got)
		}
	}
}

// FuzzRead: reading what was read changes nothing, and what a request writes reads the same.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{`\052.a.example.`, `a\040b.c`, "A.b", `\`, "..", `a\.b`, "*"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, listed string) {
		n, err := Read(listed)
		if err != nil {
			return
		}
		again, err := Read(n.API())
		if err != nil || again != n {
			t.Errorf("%q is %q, and that is %q, %v", listed, n, again, err)
		}
	})
}

// FuzzParse: a name that is one is its own notation, in a script that every server reads.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"www.example.", "*.bücher.example", `\052.a`, "a..b", "xn--a", "a。b", "-", "*"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := Parse(text)
		if err != nil {
			return
		}
		if again, err := Parse(n.API()); err != nil || again != n {
			t.Errorf("%q is %q, and that is %q, %v", text, n, again, err)
		}
		if listed, err := Read(n.API()); err != nil || listed != n {
			t.Errorf("%q is %q, and Route 53 lists %q, %v", text, n, listed, err)
		}
	})
}
