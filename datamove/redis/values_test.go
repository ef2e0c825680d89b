package redis

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove"
)

func TestBody(t *testing.T) {
	// A string "x" of Redis 7.0: type, length, byte; version 10; CRC-64.
	payload := "\x00\x01x" + "\x0a\x00" + "12345678"
	got, ok := body(payload)
	if !ok || got != "\x00\x01x" || format(payload) != 10 || kindOf(payload) != kindString {
		t.Errorf("body %q %t, format %d, type %s", got, ok, format(payload), kindOf(payload))
	}
	if _, ok := body("1234567890"); ok || format("") != 0 || kindOf("") != kindOther {
		t.Error("a footer alone is taken for a payload")
	}
}

func FuzzBody(f *testing.F) {
	f.Add("")
	f.Add("\x00\x01x\x0a\x0012345678")
	f.Fuzz(func(t *testing.T, payload string) {
		b, ok := body(payload)
		if ok != (len(payload) > footer) || ok && len(b)+footer != len(payload) {
			t.Errorf("body(%q) is %q, %t", payload, b, ok)
		}
		_, _ = format(payload), kindOf(payload)
	})
}

func TestPattern(t *testing.T) {
	for key, want := range map[string]string{
		"":                                       "",
		"user:12":                                "user:*",
		"user:12:cart":                           "user:*:cart",
		"session:3f2b8c1a9d":                     "session:*",
		"s:6ba7b810-9dad-11d1-80b4-00c04fd430c8": "s:*",
		"page:/shop/item/77":                     "page:/shop/item/*",
		"feature-flags":                          "feature-flags",
		"day:2026-11-21":                         "day:*",
		"{user12345}:x":                          "{*}:x",
		"v1:user":                                "v1:user",
		"odd*?\\key":                             `odd\*\?\\key`,
		"::":                                     "::",
	} {
		if got := pattern(key); got != want {
			t.Errorf("pattern(%q) is %q, want %q", key, got, want)
		}
	}
}

// A rule with the pattern must find the key that it was made of.
func FuzzPattern(f *testing.F) {
	f.Add("user:12")
	f.Add(`a*-*\-1`)
	f.Add("\xff\x00:1-2_3")
	f.Fuzz(func(t *testing.T, key string) {
		if p := pattern(key); !datamove.Fits(p, key) {
			t.Errorf("%q does not fit its pattern %q", key, p)
		}
	})
}

// However many patterns there are, no key is passed over.
func TestBuckets(t *testing.T) {
	have := map[string][]string{}
	letters := func(i int) string {
		return strings.Map(func(r rune) rune { return r - '0' + 'a' }, strconv.Itoa(i))
	}
	for i := range 5000 {
		key := "user:" + letters(i)
		if i%2 == 1 {
			key = letters(i) + ":x"
		}
		name := bucket(have, key)
		have[name] = append(have[name], key)
		if !datamove.Fits(name, key) {
			t.Fatalf("%q does not fit %q", key, name)
		}
	}
	if n := len(have); n > 2*sampledPatterns+1 || len(have["user:*"]) < 1900 || len(have["*"]) == 0 {
		t.Errorf("%d patterns, %d keys of users, %d others", n, len(have["user:*"]), len(have["*"]))
	}
}

func TestSlot(t *testing.T) {
	for key, want := range map[string]int{"123456789": 0x31C3, "": 0, "{user}:a": slot("user"), "{}a": slot("{}a")} {
		if got := slot(key); got != want {
			t.Errorf("slot(%q) is %d, want %d", key, got, want)
		}
	}
	for _, key := range []string{"k", "a}b", "{tag}x", "{}", "\xff\x00"} {
		all := &temporaries{job: "run-1"}
		name := all.next(key, true)
		if slot(name) != slot(key) || !strings.HasPrefix(name, temporaryPrefix+"run-1:1:") {
			t.Errorf("%q grows as %q, in slot %d instead of %d", key, name, slot(name), slot(key))
		}
	}
}

// The sums of the same keys in another order are the same; two of the same content
// do not cancel; what moves from key to key is seen.
func TestSums(t *testing.T) {
	var empty digest
	add := func(keys ...string) datamove.Sum {
		s := sums{}
		for _, k := range keys {
			s.count(source, k, kindString, empty, 1)
		}
		return s.unit("db0").Source
	}
	if add("a", "b", "c") != add("c", "a", "b") {
		t.Error("the order matters")
	}
	for _, pair := range [][2]datamove.Sum{{add("a", "a"), add("b", "b")}, {add("a"), add("b")}, {add(), add("a")}} {
		if pair[0].Checksum == pair[1].Checksum {
			t.Errorf("%+v and %+v have one checksum", pair[0], pair[1])
		}
	}
}

func TestNormal(t *testing.T) {
	for _, tc := range []struct {
		kind     string
		in, want []string
	}{
		{kindList, []string{"b", "a", "b"}, []string{"b", "a", "b"}},
		{kindSet, []string{"b", "a", "b"}, []string{"a", "b"}},
		{kindHash, []string{"b", "1", "a", "2"}, []string{"a", "2", "b", "1"}},
		{kindZset, []string{"b", "9", "a", "2", "b", "10"}, []string{"a", "2", "b", "10"}},
		{kindZset, []string{"b", "-inf", "b", "-3"}, []string{"b", "-3"}},
		// 7.0 writes 17 digits, 7.2 as few as there must be; a listpack keeps no -0.
		{kindZset, []string{"a", "0.10000000000000001", "b", "-0"}, []string{"a", "0.1", "b", "0"}},
		{kindZset, []string{"a", "inf", "b", "1e300"}, []string{"a", "+Inf", "b", "1e+300"}},
	} {
		if diff := cmp.Diff(tc.want, content{tc.kind, tc.in}.normal().values); diff != "" {
			t.Errorf("%s %q: %s", tc.kind, tc.in, diff)
		}
	}
	if (content{kindList, []string{"ab", "c"}}).digest() == (content{kindList, []string{"a", "bc"}}).digest() {
		t.Error("elements run into each other")
	}
}

func FuzzNormal(f *testing.F) {
	f.Add("a,b,b,c")
	f.Fuzz(func(t *testing.T, text string) {
		values := strings.Split(text, ",")
		for _, kind := range []string{kindSet, kindHash, kindZset} {
			once := content{kind, values}.normal()
			if diff := cmp.Diff(once.values, once.normal().values); diff != "" && utf8.ValidString(text) {
				t.Errorf("%s: normal twice is not normal once: %s", kind, diff)
			}
		}
	})
}

// The expiry 0 means "none" to RESTORE, and must never come from a key that dies.
func TestExpiryNeverBecomesNone(t *testing.T) {
	for at, want := range map[int64]int64{noExpiry: 0, 0: 1, -5: 1, 1: 1, 1_700_000_000_000: 1_700_000_000_000} {
		if got := restoreArgs(entry{key: "k", at: at})[2]; got != want {
			t.Errorf("an expiry at %d is written as %v, want %d", at, got, want)
		}
	}
}

func TestAfter(t *testing.T) {
	for id, want := range map[string]string{
		"1-1": "1-2", "1526919030474-55": "1526919030474-56", "7-18446744073709551615": "8-0",
		"18446744073709551615-18446744073709551615": "",
	} {
		if got := after(id); got != want {
			t.Errorf("after %s comes %s, want %s", id, got, want)
		}
	}
}

func TestStreamWindow(t *testing.T) {
	got := streamWindow([]any{[]any{"1-1", []any{"a", "b"}}, "noise", []any{"2-1", nil}})
	if diff := cmp.Diff([]string{"1-1", "2-1"}, got.ids); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"a", "b"}, {}}, got.fields); diff != "" {
		t.Error(diff)
	}
}
