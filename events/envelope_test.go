package events_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/events"
)

func TestDecodeRefuses(t *testing.T) {
	for _, c := range []struct{ name, raw, says string }{
		{"nothing", ``, "unexpected end"},
		{"no object", `[]`, "decode event"},
		{"empty object", `{}`, "no id"},
		{"other version", `{"specversion":"0.3","id":"1","source":"s","type":"t"}`, `specversion is "0.3"`},
		{"no source", `{"specversion":"1.0","id":"1","type":"t"}`, "no source"},
		{"no type", `{"specversion":"1.0","id":"1","source":"s"}`, "no type"},
		{"subject with dots", `{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"a.b"}`, `subject "a.b"`},
		{"subject with wildcard", `{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"*"}`, `subject "*"`},
		{"XML", `{"specversion":"1.0","id":"1","source":"s","type":"t","datacontenttype":"text/xml"}`, "application/json"},
		{"bad time", `{"specversion":"1.0","id":"1","source":"s","type":"t","time":"noon"}`, "decode event"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := events.Decode([]byte(c.raw)); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}

func TestAddress(t *testing.T) {
	e := events.Envelope{Type: "shakedown.v1.a.b.c"}
	if got := e.Address(); got != "shakedown.v1.a.b.c" {
		t.Errorf("got %s", got)
	}
	e.Subject = "shop"
	if got := e.Address(); got != "shakedown.v1.a.b.c.shop" {
		t.Errorf("got %s", got)
	}
}

// FuzzDecode reads any bytes: what is taken can be written and read back as the
// same event, on a subject that NATS takes.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"k","time":"2026-01-02T03:04:05.123456789+02:00","data":{"a":[1,null]}}`))
	f.Add([]byte(`{"specversion":"1.0","id":"\u0000","source":"ü","type":"t","data":null}`))
	f.Add([]byte(`{`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := events.Decode(raw)
		if err != nil {
			return
		}
		again, err := e.Encode()
		if err != nil {
			if _, err := e.Time.MarshalJSON(); err != nil {
				return // a year beyond 9999 has no RFC 3339 form
			}
			t.Fatalf("encode %+v: %v", e, err)
		}
		back, err := events.Decode(again)
		if err != nil {
			t.Fatalf("decode %s: %v", again, err)
		}
		if back.ID != e.ID || back.Type != e.Type || back.Address() != e.Address() || !back.Time.Equal(e.Time) {
			t.Fatalf("got %+v, want %+v", back, e)
		}
	})
}

// FuzzKey makes keys of any two names: they fit a subject, stay when they fit
// already, and differ when the names do.
func FuzzKey(f *testing.F) {
	f.Add("shop", "pr-1")
	f.Add("", "-")
	f.Add("a.b", "a-b")
	f.Add("ä", "ae")
	f.Add(strings.Repeat("x", 200), strings.Repeat("x", 201))
	f.Fuzz(func(t *testing.T, a, b string) {
		key := events.Key(a)
		e := events.Envelope{SpecVersion: "1.0", ID: "1", Source: "s", Type: "t", Subject: key}
		if err := e.Validate(); err != nil || key == "" || !utf8.ValidString(key) {
			t.Fatalf("key of %q is %q: %v", a, key, err)
		}
		if again := events.Key(key); again != key {
			t.Fatalf("key of key %q is %q", key, again)
		}
		if a != b && key == events.Key(b) {
			t.Fatalf("%q and %q share the key %q", a, b, key)
		}
	})
}

func TestDigestTellsPartsApart(t *testing.T) {
	if events.Digest("ab", "c") == events.Digest("a", "bc") {
		t.Error("ab, c and a, bc have one digest")
	}
	if got := events.Digest("a"); got != events.Digest("a") || len(got) != 32 {
		t.Errorf("got %s", got)
	}
}

func TestFilterTakes(t *testing.T) {
	e := events.Envelope{Type: "t", CorrelationID: "c"}
	for _, c := range []struct {
		name   string
		filter events.Filter
		want   bool
	}{
		{"everything", events.Filter{}, true},
		{"type", events.Filter{Types: []string{"x", "t"}}, true},
		{"other type", events.Filter{Types: []string{"x"}}, false},
		{"correlation", events.Filter{Correlation: "c"}, true},
		{"other correlation", events.Filter{Correlation: "x", Types: []string{"t"}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.filter.Takes(e); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestPermanent(t *testing.T) {
	cause := errors.New("cause")
	err := errors.Join(errors.New("other"), events.Permanent(cause))
	if !events.IsPermanent(err) || !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	if events.IsPermanent(cause) || events.Permanent(nil) != nil {
		t.Error("a plain error is permanent, or nil is an error")
	}
}

func TestStampRepeats(t *testing.T) {
	n := 0
	s := events.Stamp{Source: "s", Now: time.Now, NewID: func() string { n++; return string(rune('a' + n)) }}
	first := s.First("run")
	if again := s.First("run"); again.ID == first.ID {
		t.Error("two first events have one id")
	}
	after := s.After(first, "part")
	if after.ID != s.After(first, "part").ID || after.ID == s.After(first, "other").ID ||
		after.Causation != first.ID || after.Correlation != "run" {
		t.Errorf("got %+v", after)
	}
	about := s.About("run", "part")
	if about.ID != s.About("run", "part").ID || about.ID == s.About("run2", "part").ID || about.ID == after.ID {
		t.Errorf("got %+v", about)
	}
}

func TestDurationText(t *testing.T) {
	var d events.Duration
	if err := d.UnmarshalText([]byte("1m30s")); err != nil || d.Std() != 90*time.Second || d.String() != "1m30s" {
		t.Errorf("got %s, %v", d, err)
	}
	if err := d.UnmarshalText([]byte("soon")); err == nil || !strings.Contains(err.Error(), `"soon"`) {
		t.Errorf("got %v", err)
	}
}

func TestProblems(t *testing.T) {
	p := events.Problems{{Key: "spec.ttl", Message: "is negative", Where: "a.yaml:3"}, {Message: "no name"}}
	if diff := cmp.Diff("a.yaml:3: spec.ttl: is negative\nno name", p.Err().Error()); diff != "" {
		t.Error(diff)
	}
	if (events.Problems{}).Err() != nil {
		t.Error("no problems are an error")
	}
}
