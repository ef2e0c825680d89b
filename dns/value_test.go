package dns

import (
	"strings"
	"testing"
)

// TestValue writes values as Route 53 does.
func TestValue(t *testing.T) {
	for _, tc := range []struct {
		name string
		of   Type
		text string
		want string
	}{
		{"address", A, "192.0.2.1", "192.0.2.1"},
		{"long address", AAAA, "2001:0DB8:0:0::1", "2001:db8::1"},
		{"target", CNAME, "LB.Example.com", "lb.example.com."},
		{"international target", CNAME, "bücher.example.", "xn--bcher-kva.example."},
		{"mail", MX, "10  Mail.example.com", "10 mail.example.com."},
		{"no mail", MX, "0 .", "0 ."},
		{"service", SRV, "1 10 5269 xmpp.example.com.", "1 10 5269 xmpp.example.com."},
		{"authority", CAA, `0 ISSUE "ca.example.com"`, `0 issue "ca.example.com"`},
		{"authority without quotes", CAA, "128 iodef mailto:a@example.com", `128 iodef "mailto:a@example.com"`},
		{"name servers", NS, "ns1.example.com", "ns1.example.com."},
		{"text", TXT, `say "hi" \o/`, `"say \"hi\" \\o/"`},
		{"empty text", TXT, "", `""`},
		{"text that is not ASCII", TXT, "é\n", `"\303\251\012"`},
		{"text of 256 bytes", TXT, strings.Repeat("a", 256), `"` + strings.Repeat("a", 255) + `" "a"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Value(tc.of, tc.text)
			if err != nil || got != tc.want {
				t.Errorf("got %s, %v, want %s", got, err, tc.want)
			}
			if normal := normalValue(tc.of, got); normal != normalValue(tc.of, strings.ToUpper(got)) && tc.of != TXT && tc.of != CAA {
				t.Errorf("%s is another value than %s", got, strings.ToUpper(got))
			}
		})
	}
}

// TestValueRefuses what no record can hold, and names it.
func TestValueRefuses(t *testing.T) {
	for _, tc := range []struct {
		name string
		of   Type
		text string
		says string
	}{
		{"name as address", A, "www.example", "is no address"},
		{"long address as A", A, "2001:db8::1", "is no address"},
		{"address with a zone", AAAA, "fe80::1%eth0", "is no address"},
		{"mapped address as A", A, "::ffff:192.0.2.1", "is no address"},
		{"blank in a target", CNAME, "a b.example", "is no name"},
		{"wildcard as target", CNAME, "*.example", "nothing can point to"},
		{"mail without priority", MX, "mail.example.com", "want priority and name"},
		{"priority too high", MX, "70000 mail.example.com", "want priority and name"},
		{"service without port", SRV, "1 10 xmpp.example.com", "want priority, weight, port and name"},
		{"authority without value", CAA, "0 issue", "want flags, tag and value"},
		{"flags too high", CAA, "256 issue ca", "want flags, tag and value"},
		{"quoted text", TXT, `"v=spf1"`, "write it without"},
		{"endless text", TXT, strings.Repeat("a", 4000), "at most 4000 are possible"},
		{"unknown type", "SPF", "x", "cannot be wanted"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Value(tc.of, tc.text)
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %q, %v, want an error that says %q", got, err, tc.says)
			}
		})
	}
}

// TestUnquote reads what others have written, too.
func TestUnquote(t *testing.T) {
	for listed, want := range map[string]string{
		`"a" "b"`: "ab", `"a""b"`: "ab", `"a\"b"`: `a"b`, `"\052"`: "*", `""`: "", `"a\\"`: `a\`,
	} {
		if got, err := Unquote(listed); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", listed, got, err, want)
		}
	}
	for _, listed := range []string{`a`, `"a`, `"a\"`, `"\09"`, `"\400"`, `"a" b`} {
		if got, err := Unquote(listed); err == nil {
			t.Errorf("%s: got %q", listed, got)
		}
	}
}

// FuzzQuote: a text is read as it was written, and its strings are short enough.
func FuzzQuote(f *testing.F) {
	for _, seed := range []string{"", "a", `\"`, "é", strings.Repeat("x", 300), "\x00\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		value, err := Quote(text)
		if err != nil {
			return
		}
		if got, err := Unquote(value); err != nil || got != text {
			t.Errorf("%q is written %s and read %q, %v", text, value, got, err)
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q is written %q", text, value)
		}
	})
}

// FuzzUnquote reads anything without harm.
func FuzzUnquote(f *testing.F) {
	for _, seed := range []string{`"a" "b"`, `"\052`, `"\`, "a", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, listed string) {
		text, err := Unquote(listed)
		if err != nil || strings.HasPrefix(text, `"`) || len(text) > 500 {
			return
		}
		if again, err := Quote(text); err != nil || normalValue(TXT, again) != text {
			t.Errorf("%q is %q, and that is written %s, %v", listed, text, again, err)
		}
	})
}
