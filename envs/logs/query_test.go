package logs

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shakedown-dev/shakedown/events"
)

func noon() time.Time { return time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC) }

func TestParseTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"10m":                       "2026-11-29T11:50:00Z",
		"1h30m":                     "2026-11-29T10:30:00Z",
		"2d":                        "2026-11-27T12:00:00Z",
		"0s":                        "2026-11-29T12:00:00Z",
		"2026-11-28":                "2026-11-28T00:00:00Z",
		"2026-11-28 10:30":          "2026-11-28T10:30:00Z",
		"2026-11-28T10:30:01.5":     "2026-11-28T10:30:01.5Z",
		"2026-11-28T10:30:00+02:00": "2026-11-28T08:30:00Z",
		"09:15":                     "2026-11-29T09:15:00Z",
		"09:15:30":                  "2026-11-29T09:15:30Z",
		"yesterday":                 "", "-5m": "", "": "", "5": "", "1764417600": "", "-1d": "", "99999d": "", "d": "", "NaN": "", "0001-01-01": "",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			at, err := ParseTime(text, noon())
			got := ""
			if err == nil {
				got = at.Format(time.RFC3339Nano)
			}
			if got != want || err != nil && (events.KindOf(err) != events.KindInvalid || !strings.Contains(err.Error(), "is no time")) {
				t.Errorf("got %s, %v, want %s", got, err, want)
			}
		})
	}
}

func FuzzParseTime(f *testing.F) {
	for _, text := range []string{"10m", "3d", "2026-11-29", "12:00", "1e9d", "2026-11-29T12:00:00Z"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if at, err := ParseTime(text, noon()); err == nil && at.IsZero() {
			t.Errorf("%q is no time and no error", text)
		}
	})
}

func TestQueryValidate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		q    Query
		want string
	}{
		"nothing":            {},
		"until before since": {Query{Since: noon(), Until: noon().Add(-time.Second)}, "until 2026-11-29T11:59:59Z is before since 2026-11-29T12:00:00Z"},
		"nothing to invert":  {Query{Invert: true}, "there is nothing to invert"},
		"bad pattern":        {Query{Pods: []string{"[a"}}, `read pattern "[a"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.q.Validate()
			if (err == nil) != (test.want == "") || err != nil && (events.KindOf(err) != events.KindInvalid || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestQueryWants(t *testing.T) {
	t.Parallel()
	grep := func(e ...string) (all []*regexp.Regexp) {
		for _, one := range e {
			all = append(all, regexp.MustCompile(one))
		}
		return all
	}
	line := Line{Time: noon(), Text: "\x1b[31mcart\x1b[0m is full", Level: Warn}
	for name, test := range map[string]struct {
		q    Query
		want bool
	}{
		"all":                  {Query{}, true},
		"match":                {Query{Grep: grep("^cart is")}, true},
		"one of two":           {Query{Grep: grep("none", "full$")}, true},
		"no match":             {Query{Grep: grep("empty")}, false},
		"inverted match":       {Query{Grep: grep("cart"), Invert: true}, false},
		"inverted no match":    {Query{Grep: grep("empty"), Invert: true}, true},
		"grave enough":         {Query{Level: Warn}, true},
		"not grave enough":     {Query{Level: Error}, false},
		"at the first moment":  {Query{Since: noon()}, true},
		"too old":              {Query{Since: noon().Add(1)}, false},
		"at the last moment":   {Query{Until: noon()}, true},
		"too young":            {Query{Until: noon().Add(-1)}, false},
		"level and no match":   {Query{Level: Warn, Grep: grep("empty")}, false},
		"level and time, both": {Query{Level: Info, Since: noon().Add(-time.Hour)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.q.wants(line); got != test.want {
				t.Errorf("wanted: %v, want %v", got, test.want)
			}
		})
	}
}

func TestQueryWantsFrom(t *testing.T) {
	t.Parallel()
	from := Source{Component: "api", Pod: "api-7f-x2", Container: "main"}
	for name, test := range map[string]struct {
		q    Query
		want bool
	}{
		"all":               {Query{}, true},
		"component":         {Query{Components: []string{"web", "api"}}, true},
		"another component": {Query{Components: []string{"web"}}, false},
		"pods":              {Query{Pods: []string{"api-*"}}, true},
		"a part of a name":  {Query{Pods: []string{"api"}}, false},
		"container":         {Query{Containers: []string{"main"}}, true},
		"all but container": {Query{Components: []string{"api"}, Pods: []string{"*"}, Containers: []string{"init"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.q.wantsFrom(from); got != test.want {
				t.Errorf("wanted: %v, want %v", got, test.want)
			}
		})
	}
}

func TestParseLevel(t *testing.T) {
	t.Parallel()
	for _, name := range Levels() {
		if l, err := ParseLevel(strings.ToUpper(name)); err != nil || l.String() != name {
			t.Errorf("%s is %v, %v", name, l, err)
		}
	}
	_, err := ParseLevel("loud")
	if events.KindOf(err) != events.KindInvalid || err.Error() != `level "loud" is not known` {
		t.Errorf("error %v", err)
	}
}
