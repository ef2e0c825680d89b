package mask

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/shakedown-dev/shakedown/datamove"
)

var testKey = []byte("a key of the tests, long enough")

// policyOf is a policy with one rule for everything.
func policyOf(t testing.TB, as string, unique bool) *Policy {
	t.Helper()
	p, err := New([]datamove.Rule{{Column: "*", As: as, Unique: unique}}, testKey)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// masker is a function that masks as the word says.
func masker(t testing.TB, as string, unique bool) func(string) string {
	t.Helper()
	transform := policyOf(t, as, unique).Column("d", "t", "c")
	return func(s string) string {
		out, null, err := transform.Mask([]byte("<"), []byte(s))
		if err != nil || null || out[0] != '<' {
			t.Fatalf("%s of %q: %q, %t, %v", as, s, out, null, err)
		}
		return string(out[1:])
	}
}

// shape is a value with every letter and digit replaced by its sort.
func shape(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return '9'
		case r >= 'a' && r <= 'z':
			return 'a'
		case r >= 'A' && r <= 'Z':
			return 'A'
		}
		return r
	}, s)
}

func formats() []string {
	return []string{"email", "name", "phone", "iban", "card", "ip", "text", "digits", "uuid", "date"}
}

func TestFormIsKept(t *testing.T) {
	for _, tc := range []struct{ as, in, shape string }{
		{"email", "Alice.Smith+1@example-shop.de", "Aaaaa.Aaaaa+9@aaaaaaaaaa.aaaa"},
		{"name", "Ana-María O'Neill", "Aaa-Aaaaa A'Aaaaa"},
		{"name", "VAN DER BERG", "AAA AAA AAAA"},
		{"phone", "+49 (0)151 / 2345-678", "+99 (9)999 / 9999-999"},
		{"iban", "DE89 3704 0044 0532 0130 00", "AA99 9999 9999 9999 9999 99"},
		{"card", "4111-1111-1111-1111", "9999-9999-9999-9999"},
		{"ip", "192.168.17.5", "999.999.99.9"},
		{"text", "Call me, 3 times!", "Aaaa aa, 9 aaaaa!"},
		{"digits", "KD-00123/4", "AA-99999/9"},
		{"date", "1984-02-29 13:45:10.5", "9999-99-99 99:99:99.9"},
	} {
		if got := masker(t, tc.as, false)(tc.in); shape(got) != tc.shape || got == tc.in {
			t.Errorf("%s of %q is %q, want the form %q", tc.as, tc.in, got, tc.shape)
		}
	}
}

// TestNeverLonger is what fixed formats promise to columns.
func TestNeverLonger(t *testing.T) {
	for _, as := range formats() {
		mask := masker(t, as, false)
		for _, in := range samples() {
			got := mask(in)
			if as == "email" && strings.Contains(in, "@") {
				continue // short domains may grow
			}
			if len(got) > len(in) || utf8.RuneCountInString(got) > utf8.RuneCountInString(in) {
				t.Errorf("%s of %q is longer: %q", as, in, got)
			}
			if utf8.ValidString(in) != utf8.ValidString(got) {
				t.Errorf("%s of %q is %q", as, in, got)
			}
		}
	}
}

// samples are values of all forms and of none.
func samples() []string {
	return []string{
		"", "a", "Z", "7", "0", "-1", "ab", "42", "alice@example.com", "a@b.c", "x@@y", "@", "Alice <alice@corp.example>, bob@corp.example",
		"alice@localhost", "Иван Петров", "山田太郎", "Ελένη", "محمد", "José Ñandú", "Łukasz Żółć", "e\u0301", "\xff\xfe", "a\xc3", "\x00\x01",
		"+1 212 555 0100", "0049 30 1234567", "030/1234", "+", "+1", "00", "n/a", "DE89370400440532013000", "GB82 WEST 1234 5698 7654 32",
		"DE00370400440532013000", "4111111111111111", "4111111111111112", "378282246310005", "10.0.0.1", "8.8.8.8", "127.0.0.1", "::1", "2001:db8::1",
		"fe80::1%eth0", "[2a00:1450::5]:443", "8.8.8.8:53", "10.1.2.0/24", "::ffff:10.0.0.1", "1.2.3", "1.2.3.4.5", "256.1.1.1",
		"550e8400-e29b-41d4-a716-446655440000", "{550E8400-E29B-41D4-A716-446655440000}", "00000000-0000-0000-0000-000000000000",
		"2020-02-30", "2024-02-29", "0000-00-00", "1980", "31.12.1999", "12/31/1999", "03/04/2020", "3/4/2020", "20200229", "1577836800", "1577836800123", "7006800123", "3/4/2020 10:10",
		"2020-01-02T03:04:05Z", "12:30:00", "00:00:00", "2020-05-05 23:59", "9999-12-31", "2038-01-19 03:14:07", "-128", "127", "128", "255", "2147483647",
		"18446744073709551615", "1.5e300", "007", "0.05", "😀 smile 😀", strings.Repeat("long text with 123 numbers. ", 50),
	}
}

// TestSameInputSameResult also shows that another key and another kind have others.
func TestSameInputSameResult(t *testing.T) {
	seen := map[string]string{}
	for _, as := range []string{"email", "name", "text"} {
		first := masker(t, as, false)("alice.miller@example.com")
		if again := masker(t, as, false)("alice.miller@example.com"); again != first {
			t.Errorf("%s: %q and %q", as, first, again)
		}
		if other, taken := seen[first]; taken {
			t.Errorf("%s and %s agree on %q", as, other, first)
		}
		seen[first] = as
	}
	other, err := New([]datamove.Rule{{Column: "*", As: "text"}}, []byte("another key, long enough"))
	if err != nil {
		t.Fatal(err)
	}
	out, _, _ := other.Column("d", "t", "c").Mask(nil, []byte("alice.miller@example.com"))
	if _, taken := seen[string(out)]; taken {
		t.Errorf("another key gives the same: %q", out)
	}
}

// TestGolden fails when results change: then values masked before no longer join those
// masked after.
func TestGolden(t *testing.T) {
	var b strings.Builder
	for _, as := range formats() {
		for _, unique := range []bool{false, true} {
			mask := masker(t, as, unique)
			for _, in := range samples() {
				if len(in) < 80 {
					fmt.Fprintf(&b, "%s %t %q %q\n", as, unique, in, mask(in))
				}
			}
		}
	}
	goldenEqual(t, "masked.txt", b.String())
}

func TestUniqueStaysUnique(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, as := range formats() {
		t.Run(as, func(t *testing.T) {
			mask := masker(t, as, true)
			seen := map[string]string{}
			for _, in := range population(random, as) {
				got := mask(in)
				if other, taken := seen[got]; taken && other != in {
					t.Fatalf("%q and %q both become %q", other, in, got)
				}
				seen[got] = in
			}
		})
	}
}

// population is many values that are close to each other, and the samples.
func population(random *rand.Rand, as string) []string {
	all := samples()
	for i := range 6000 {
		switch as {
		case "email":
			all = append(all, fmt.Sprintf("%c%d@%c%c.%s", 'a'+i%26, i/300, 'a'+random.IntN(26), 'a'+random.IntN(26), []string{"de", "com", "co.uk"}[i%3]))
		case "name", "text":
			all = append(all, fmt.Sprintf("%c%c%c", 'a'+random.IntN(26), 'a'+random.IntN(26), 'A'+random.IntN(26)), fmt.Sprintf("Ana %d", random.IntN(9999)))
		case "phone", "digits":
			all = append(all, fmt.Sprint(i), fmt.Sprintf("+49 %d", i), fmt.Sprintf("0%d", i))
		case "iban":
			all = append(all, validIBAN(fmt.Sprintf("DE00%018d", random.IntN(5000))), fmt.Sprintf("DE%020d", random.IntN(5000)))
		case "card":
			all = append(all, validCard(fmt.Sprintf("41111111111%04d0", random.IntN(9999))), fmt.Sprintf("41111111111%05d", random.IntN(99999)))
		case "ip":
			all = append(all, fmt.Sprintf("%d.%d.%d.%d", random.IntN(256), random.IntN(4), random.IntN(4), random.IntN(256)), fmt.Sprintf("10.0.%d.%d", i/256, i%256), fmt.Sprintf("2a00::%x", i))
		case "uuid":
			all = append(all, fmt.Sprintf("550e8400-e29b-41d4-a716-4466554%05x", i), string(append([]byte{255, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, byte(i>>8), byte(i))))
		case "date":
			day := time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i)
			all = append(all, day.Format("2006-01-02"), day.Format("02.01.2006"), day.Format("2/1/2006"), day.Format("20060102"), day.Add(time.Duration(i)*time.Second).Format(time.DateTime))
		}
	}
	return all
}

func validIBAN(s string) string { return fmt.Sprintf("%s%02d%s", s[:2], 98-mod97([]byte(s)), s[4:]) }

func validCard(s string) string {
	return fmt.Sprintf("%s%d", s[:len(s)-1], (10-luhn([]byte(s))%10)%10)
}

// TestSmallDomainsArePermutations looks at all values of a form.
func TestSmallDomainsArePermutations(t *testing.T) {
	for _, tc := range []struct {
		as    string
		count int
		value func(i int) string
	}{
		{"digits", 10000, func(i int) string { return fmt.Sprintf("%04d", i) }},
		{"digits", 1000, func(i int) string { return fmt.Sprint(i) }},
		{"text", 26 * 26 * 26, func(i int) string { return fmt.Sprintf("%c%c%c", 'a'+i/676, 'a'+i/26%26, 'a'+i%26) }},
		{"text", 10, func(i int) string { return fmt.Sprint(i) }},
		{"date", 366, func(i int) string {
			return time.Date(2024, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		}},
		{"ip", 65536, func(i int) string { return fmt.Sprintf("192.168.%d.%d", i/256, i%256) }},
	} {
		mask := masker(t, tc.as, false)
		values, results := map[string]bool{}, map[string]bool{}
		for i := range tc.count {
			values[tc.value(i)] = true
			results[mask(tc.value(i))] = true
		}
		for r := range results {
			if !values[r] {
				t.Errorf("%s: %q is no value of the form", tc.as, r)
			}
		}
		if len(results) != tc.count {
			t.Errorf("%s: %d values have %d results", tc.as, tc.count, len(results))
		}
	}
}

func TestCaseDoesNotMatter(t *testing.T) {
	for as, pair := range map[string][2]string{
		"email": {"Alice@Example.COM", "alice@example.com"},
		"name":  {"JOSÉ Müller", "josé müller"},
		"text":  {"ΑΘΗΝΑ Привет Ça", "αθηνα привет ça"},
		"uuid":  {"550E8400-E29B-41D4-A716-446655440000", "550e8400-e29b-41d4-a716-446655440000"},
		"iban":  {"DE89370400440532013000", "de89370400440532013000"},
	} {
		mask := masker(t, as, false)
		if a, b := mask(pair[0]), mask(pair[1]); !strings.EqualFold(a, b) {
			t.Errorf("%s: %q and %q", as, a, b)
		}
	}
	mask := masker(t, "phone", false)
	a, b := mask("+49 151-234 567"), mask("0049151234567")
	if digits(a) != strings.TrimPrefix(digits(b), "00") {
		t.Errorf("one number in two notations: %q and %q", a, b)
	}
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
