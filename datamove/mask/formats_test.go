package mask

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/mail"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/datamove"
	"github.com/shakedown-dev/shakedown/events"
)

func TestEmail(t *testing.T) {
	for _, unique := range []bool{false, true} {
		mask := masker(t, "email", unique)
		for _, in := range []string{"alice@example.com", "a@b.co", "Bob_99@mail.corp.co.uk", "x@" + strings.Repeat("verylonglabel.", 12) + "com"} {
			got := mask(in)
			a, err := mail.ParseAddress(got)
			if err != nil || !strings.HasSuffix(a.Address, ".test") {
				t.Errorf("%q became %q: %v", in, got, err)
			}
			for label := range strings.SplitSeq(got[strings.IndexByte(got, '@')+1:], ".") {
				if len(label) > 63 {
					t.Errorf("%q has a label of %d", got, len(label))
				}
			}
			if grown := len(got) - len(in); grown > 5 || !unique && len(in) > 8 && grown > 0 {
				t.Errorf("%q grew to %q", in, got)
			}
		}
		if list := mask("Al <alice@example.com>; bob@example.com"); !strings.Contains(list, mask("alice@example.com")) || !strings.Contains(list, mask("bob@example.com")) {
			t.Errorf("addresses in a list do not join: %q", list)
		}
	}
}

func TestCheckDigits(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	card, uniqueCard, iban := masker(t, "card", false), masker(t, "card", true), masker(t, "iban", false)
	for range 500 {
		in := validCard(fmt.Sprintf("%d%014d0", 4+random.IntN(2), random.Int64N(1e14)))
		for _, got := range []string{card(in), uniqueCard(in)} {
			if !isCard([]byte(got)) || got[0] != in[0] || len(got) != len(in) {
				t.Errorf("card %s became %s", in, got)
			}
		}
		if got := card(in); got[2:6] != "0000" {
			t.Errorf("card %s has a bank: %s", in, got)
		}
		in = validIBAN(fmt.Sprintf("PT00%021d", random.Int64()))
		if got := iban(in); !isIBAN([]byte(got)) || got[:2] != "PT" {
			t.Errorf("iban %s became %s", in, got)
		}
	}
	for _, in := range []string{"4111111111111112", "1234", "**** **** **** 1111"} {
		if got := card(in); isCard([]byte(got)) {
			t.Errorf("%s is no card, %s is", in, got)
		}
	}
}

func TestIP(t *testing.T) {
	mask := masker(t, "ip", false)
	for _, in := range []string{"10.1.2.3", "172.16.0.9", "172.31.255.1", "192.168.1.1", "169.254.10.20", "100.64.1.1", "224.1.1.1", "192.0.2.7", "8.8.8.8", "93.184.216.34", "2a00:1450:4001:81b::200e", "fe80::1", "fd00::1:2", "::ffff:192.168.1.9"} {
		got := mask(in)
		a, b := netip.MustParseAddr(in).Unmap(), netip.MustParseAddr(got).Unmap()
		if got == in || a.Is4() != b.Is4() || a.IsPrivate() != b.IsPrivate() || a.IsLoopback() != b.IsLoopback() ||
			a.IsLinkLocalUnicast() != b.IsLinkLocalUnicast() || a.IsMulticast() != b.IsMulticast() || len(got) != len(in) {
			t.Errorf("%s became %s", in, got)
		}
	}
	for _, in := range []string{"127.0.0.1", "::1", "::", "0.0.0.0", "255.255.255.255"} {
		if got := mask(in); got != in {
			t.Errorf("%s became %s", in, got)
		}
	}
	if got, want := mask("10.1.2.3:80, 8.8.8.8"), mask("10.1.2.3")+":80, "+mask("8.8.8.8"); got != want {
		t.Errorf("a list became %q, want %q", got, want)
	}
}

func TestUUID(t *testing.T) {
	mask := masker(t, "uuid", false)
	for _, in := range []string{"550e8400-e29b-41d4-a716-446655440000", "018f4a3e-7b1c-7000-8000-000000000001", "{550E8400-E29B-11D4-A716-446655440000}", "550e8400e29b41d4a716446655440000"} {
		got := mask(in)
		i := strings.IndexAny(in, "5x0")
		plainIn, plainGot := strings.Trim(strings.ReplaceAll(in[i:], "-", ""), "{}"), strings.Trim(strings.ReplaceAll(got[i:], "-", ""), "{}")
		if got == in || !isUUID([]byte(got)) || plainIn[12] != plainGot[12] || hexValue(plainIn[16])>>2 != hexValue(plainGot[16])>>2 {
			t.Errorf("%s became %s", in, got)
		}
	}
	nothing := "00000000-0000-0000-0000-000000000000"
	if got := mask(nothing); got != nothing {
		t.Errorf("the nil UUID became %s", got)
	}
}

func TestDate(t *testing.T) {
	mask := masker(t, "date", false)
	for layout, in := range map[string]string{
		time.DateOnly: "1984-02-29", time.DateTime: "2038-01-19 03:14:07", "02.01.2006": "31.12.1999", "01/02/2006": "12/31/1999",
		"2/1/2006": "9/8/1977", "20060102": "20200301", time.RFC3339: "2020-01-02T03:04:05+01:00", "15:04:05": "12:30:01", "2006/01/02 15:04": "2020/10/11 12:13",
	} {
		got := mask(in)
		at, err := time.Parse(layout, got)
		before, errIn := time.Parse(layout, in)
		if err != nil || errIn != nil || at.Year() != before.Year() || got == in || len(got) != len(in) {
			t.Errorf("%s became %s: %v, %v", in, got, err, errIn)
		}
	}
	for _, in := range []string{"0000-00-00", "0000-00-00 00:00:00", "2020-00-00", "9999-12-31 23:59:59", "1970-01-01", "1980"} {
		if got := mask(in); got != in {
			t.Errorf("%s became %s", in, got)
		}
	}
	for _, in := range []string{"2038-01-02 03:00:00", "2038-01-18"} {
		if got := mask(in); got > "2038-01-19 03:14:07" {
			t.Errorf("%s became %s, which no TIMESTAMP holds", in, got)
		}
	}
	for _, in := range []string{"1577836800", "1000000000", "1577836800999"} {
		if got := mask(in); len(got) != len(in) || got[10:] != in[10:] || got[0] == '0' {
			t.Errorf("%s became %s", in, got)
		}
	}
}

func TestDigitsStayInTheirType(t *testing.T) {
	mask := masker(t, "digits", false)
	for _, tc := range []struct{ in, most string }{
		{"127", "127"},
		{"101", "127"},
		{"200", "255"},
		{"32767", "32767"},
		{"65000", "65535"},
		{"8388600", "8388607"},
		{"16777215", "16777215"},
		{"2147483647", "2147483647"},
		{"1000000000", "2147483647"},
		{"4294967295", "4294967295"},
		{"9223372036854775807", "9223372036854775807"},
		{"18446744073709551615", "18446744073709551615"},
		{"-128", "-128"},
		{"-2147483648", "-2147483648"},
	} {
		if got := mask(tc.in); len(got) != len(tc.in) || got > tc.most || got[0] == '0' {
			t.Errorf("%s became %s, want at most %s", tc.in, got, tc.most)
		}
	}
}

func TestNullAndKeep(t *testing.T) {
	p, err := New([]datamove.Rule{{Column: "a.*", As: "null"}, {Column: "b.*", As: "keep"}}, testKey)
	if err != nil {
		t.Fatal(err)
	}
	if out, null, err := p.Column("a", "t", "c").Mask([]byte("x"), []byte("secret")); !null || err != nil || string(out) != "x" {
		t.Errorf("null gives %q, %t, %v", out, null, err)
	}
	if p.Column("b", "t", "c") != nil || p.Column("c", "t", "c") != nil {
		t.Error("a column is masked that should be kept")
	}
}

func TestNewSaysAllThatIsWrong(t *testing.T) {
	_, err := New([]datamove.Rule{
		{As: "email"},
		{Column: "a.b.c", Key: "k", As: "mail"},
		{Column: "a.b.c", Field: "f", Path: "user", As: "text"},
		{Object: "o", Path: "$..x", As: "text"},
		{Column: "x", As: "null", Unique: true},
	}, []byte("short"))
	problems, ok := errors.AsType[events.Problems](err)
	if !ok {
		t.Fatalf("not problems: %v", err)
	}
	var keys []string
	for _, p := range problems {
		keys = append(keys, strings.TrimPrefix(p.Key, "spec.masking."))
	}
	if got, want := strings.Join(keys, " "), "key rules[0] rules[1] rules[1].as rules[2].field rules[2].path rules[3].path rules[4].unique"; got != want {
		t.Errorf("problems with %s, want %s\n%v", got, want, err)
	}
	if strings.Contains(err.Error(), "short") {
		t.Error("the error has the key")
	}
}

func TestFingerprint(t *testing.T) {
	rules := []datamove.Rule{{Column: "*", As: "text"}}
	a, _ := New(rules, testKey)
	b, _ := New(rules, testKey)
	c, _ := New(rules, append(bytes.Clone(testKey), '!'))
	d, _ := New([]datamove.Rule{{Column: "*", As: "text", Unique: true}}, testKey)
	if a.Fingerprint() != b.Fingerprint() || a.Fingerprint() == c.Fingerprint() || a.Fingerprint() == d.Fingerprint() || len(a.Fingerprint()) != 32 {
		t.Errorf("%s %s %s %s", a.Fingerprint(), b.Fingerprint(), c.Fingerprint(), d.Fingerprint())
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range samples() {
		f.Add(s, s+"x")
	}
	masks := map[string]func(string) string{}
	for _, as := range formats() {
		masks[as] = masker(f, as, true)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		for as, mask := range masks {
			x, y := mask(a), mask(b)
			if x != mask(a) {
				t.Errorf("%s of %q is not always the same", as, a)
			}
			if a != b && x == y {
				t.Errorf("%s: %q and %q both become %q", as, a, b, x)
			}
			if as != "email" && len(x) != len(a) {
				t.Errorf("%s of %q is %q", as, a, x)
			}
		}
	})
}

func BenchmarkMask(b *testing.B) {
	for _, tc := range []struct{ as, in string }{
		{"email", "alice.miller@example.com"},
		{"name", "Alice Miller"},
		{"phone", "+49 151 2345678"},
		{"iban", "DE89370400440532013000"},
		{"card", "4111111111111111"},
		{"ip", "93.184.216.34"},
		{"text", "Please call me back tomorrow at 10."},
		{"digits", "1234567"},
		{"uuid", "550e8400-e29b-41d4-a716-446655440000"},
		{"date", "1984-05-12"},
	} {
		b.Run(tc.as, func(b *testing.B) {
			transform := policyOf(b, tc.as, false).Column("d", "t", "c")
			in, buf := []byte(tc.in), make([]byte, 0, 256)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := transform.Mask(buf, in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
