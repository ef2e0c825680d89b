package mysql

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/shakedown-dev/shakedown/datamove/checksum"
)

// readField is what LOAD DATA makes of a field.
func readField(text []byte) []byte {
	out := []byte{}
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			out = append(out, text[i])
			continue
		}
		i++
		switch text[i] {
		case 't':
			out = append(out, '\t')
		case 'n':
			out = append(out, '\n')
		case '0':
			out = append(out, 0)
		default:
			out = append(out, text[i])
		}
	}
	return out
}

func FuzzAppendField(f *testing.F) {
	for _, seed := range []string{"", "plain", "a\tb\nc\\d\x00e", `\N`, "12345678\t12345678", "\xff\xfe\x01\x0b\x08", "é\\"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		field := appendField(nil, value)
		if bytes.ContainsAny(field, "\t\n\x00") {
			t.Fatalf("%q holds a separator", field)
		}
		if got := readField(field); !bytes.Equal(got, value) {
			t.Fatalf("%q is read as %q", value, got)
		}
	})
}

func FuzzAppendQuoted(f *testing.F) {
	f.Add([]byte(`it's a \ and a "`), false)
	f.Add([]byte{0, 1, 0xff}, true)
	f.Fuzz(func(t *testing.T, value []byte, raw bool) {
		text := string(appendQuoted(nil, value, raw))
		if raw {
			return
		}
		inner := text[1 : len(text)-1]
		for i := 0; i < len(inner); i++ {
			switch inner[i] {
			case '\\':
				i++
			case '\'', 0:
				t.Fatalf("%q ends too early", text)
			}
		}
		back := strings.NewReplacer(`\\`, `\`, `\'`, `'`, `\0`, "\x00").Replace(inner)
		if back != string(value) {
			t.Fatalf("%q is read as %q", value, back)
		}
	})
}

func TestGaps(t *testing.T) {
	b := func(s string) bound {
		if s == "" {
			return nil
		}
		return bound{[]byte(s)}
	}
	e := func(number int64, low, high string) entry { return entry{number: number, span: span{b(low), b(high)}} }
	for name, tc := range map[string]struct {
		keep []entry
		want []string
	}{
		"nothing is done":        {nil, []string{"all"}},
		"everything is done":     {[]entry{e(1, "", "5"), e(2, "5", "")}, nil},
		"the end is missing":     {[]entry{e(1, "", "5"), e(2, "5", "9")}, []string{"(9) .. -"}},
		"the beginning":          {[]entry{e(1, "3", "5"), e(2, "5", "")}, []string{"- .. (3)"}},
		"the middle and the end": {[]entry{e(1, "", "5"), e(2, "7", "9")}, []string{"(5) .. (7)", "(9) .. -"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			last := int64(0)
			for _, g := range gaps(tc.keep) {
				got = append(got, g.span.String())
				if g.first <= last {
					t.Errorf("number %d after %d", g.first, last)
				}
				last = g.first
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhere(t *testing.T) {
	key := []column{{name: "a", dataType: "int"}, {name: "b", dataType: "varbinary"}, {name: "c`", dataType: "varchar", charset: "utf8mb4"}}
	s := span{low: bound{[]byte("1"), {0xff}, []byte(`it's`)}, high: bound{[]byte("2"), nil, []byte("")}}
	want := " WHERE (`a`>=1 AND (`a`>1 OR (`b`>=X'ff' AND (`b`>X'ff' OR `c```>'it\\'s')))) AND (`a`<=2 AND (`a`<2 OR (`b`<=X'' AND (`b`<X'' OR `c```<=''))))"
	if diff := cmp.Diff(want, s.where(key)); diff != "" {
		t.Error(diff)
	}
}

func TestRedact(t *testing.T) {
	for message, want := range map[string]string{
		"Duplicate entry 'ann@example.test' for key 'email'":                                   "Duplicate entry '…' for key 'email'",
		"Incorrect integer value: 'secret' for column `d`.`t`.`n` at row 1":                    "Incorrect integer value: '…' for column `d`.`t`.`n` at row 1",
		"Data truncated for column 'n' at row 7":                                               "Data truncated for column 'n' at row 7",
		"Invalid utf8mb4 character string: '\\xFF'":                                            "Invalid utf8mb4 character string: '\\xFF'",
		"Truncated incorrect DECIMAL value: 'ann'":                                             "Truncated incorrect DECIMAL value …",
		"Cannot add or update a child row: a foreign key constraint fails (`d`.`t`, FK (`a`))": "Cannot add or update a child row: a foreign key constraint fails (`d`.`t`, FK (`a`))",
	} {
		if got := redact(message); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSums(t *testing.T) {
	var a, b checksum.Sum
	for i := range 1000 {
		a.Add(hashed(1<<60 - uint64(i)))
		b.Add(hashed(1<<60 - uint64(999-i)))
	}
	if a != b || a.Items != 1000 {
		t.Errorf("the order matters: %v, %v", a, b)
	}
	double := a
	double.Add(b)
	if double.Less(a) != b || double.Items != 2000 {
		t.Errorf("%v", double)
	}
	if parsed, ok := parseSum(2, "36893488147419103235"); !ok || parsed.High != 2 || parsed.Low != 3 || parsed.Checksum() != "00000000000000020000000000000003" {
		t.Errorf("parsed %v %s", parsed, parsed.Checksum())
	}
}

func TestSameViews(t *testing.T) {
	status := func(view string) string {
		return "---TRANSACTION\nMariaDB thread id 7, OS thread handle 1\nTrx read view will not see trx with id >= 40, sees < 40\n" +
			"---TRANSACTION\nMariaDB thread id 8, OS thread handle 2\nTrx read view will not see trx with id >= " + view + "\n"
	}
	for view, want := range map[string]bool{"40, sees < 40": true, "41, sees < 41": false, "40, sees < 39": false} {
		if err := sameViews(status(view), []int64{7, 8}); (err == nil) != want {
			t.Errorf("%s: %v", view, err)
		}
	}
	if sameViews(status("40, sees < 40"), []int64{7, 9}) == nil {
		t.Error("a connection without a view was taken")
	}
}
